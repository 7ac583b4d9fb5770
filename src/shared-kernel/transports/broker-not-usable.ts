/** Codes by which Node and OpenSSL say that the two ends do not fit. */
const CERTIFICATES = /^(?:DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_|CERT_|ERR_TLS_|ERR_SSL_|ERR_OSSL_)/;

/** Whether a broker cannot be reached safely; no second attempt will change that. */
export function isAboutCertificates({ code }: NodeJS.ErrnoException): boolean {
  return typeof code === 'string' && CERTIFICATES.test(code);
}

/** A broker that messages cannot go over. `message` says what was found, `mend` what to do about it; neither holds a password. */
export class BrokerNotUsable extends Error {
  override readonly name = 'BrokerNotUsable';

  constructor(
    message: string,
    readonly mend: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

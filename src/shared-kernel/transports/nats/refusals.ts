import { AuthorizationError, PermissionViolationError, UserAuthenticationExpiredError } from '@nats-io/transport-node';
import { BrokerNotUsable } from '../broker-not-usable.js';

/** By which Node and OpenSSL say that certificates do not fit; no second attempt will change that. */
const CERTIFICATES = /^(?:DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_|CERT_|ERR_TLS_|ERR_SSL_)/;

/** What only a person can mend; undefined for what may pass, such as a server that has not started yet. */
export function refusalOf(error: unknown, shown: string, system: string): BrokerNotUsable | undefined {
  if (error instanceof BrokerNotUsable) return error;
  const { code, message } = error as NodeJS.ErrnoException;
  const because = (what: string, mend: string) =>
    new BrokerNotUsable(`NATS at ${shown} ${what}: ${message}.`, mend, { cause: error });
  // A server that was frozen, or has much to do, has not looked at the credentials in time.
  const isLate = /timeout/i.test(message);
  if ((error instanceof AuthorizationError || error instanceof UserAuthenticationExpiredError) && !isLate)
    return because(
      'refuses the credentials',
      'Correct the user and the password, or the token, in NATS_URL, or the file that NATS_CREDS names.',
    );
  if (error instanceof PermissionViolationError)
    return because(
      'refuses what is asked of it',
      `Allow this user to publish to "${system}.>" and to subscribe to it; more it does not need.`,
    );
  if (code !== undefined && CERTIFICATES.test(code))
    return because(
      'cannot be reached safely',
      'Name the certificate of its authority in NATS_CA and, where it asks for ours, set NATS_CERT and NATS_KEY.',
    );
  if (message.includes(`'tls'`))
    return because('speaks no TLS', 'Write nats:// instead of tls:// in NATS_URL, or give the server a certificate.');
  return undefined;
}

import { AuthorizationError, PermissionViolationError, UserAuthenticationExpiredError } from '@nats-io/transport-node';
import { BrokerNotUsable, isAboutCertificates } from '../broker-not-usable.js';

/** What only a person can mend; undefined for what may pass, such as a server that has not started yet. */
export function refusalOf(error: unknown, shown: string, system: string): BrokerNotUsable | undefined {
  if (error instanceof BrokerNotUsable) return error;
  const { message } = error as Error;
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
  if (isAboutCertificates(error as Error))
    return because(
      'cannot be reached safely',
      'Name the certificate of its authority in NATS_CA and, where it asks for ours, set NATS_CERT and NATS_KEY.',
    );
  if (message.includes(`'tls'`))
    return because('speaks no TLS', 'Write nats:// instead of tls:// in NATS_URL, or give the server a certificate.');
  return undefined;
}

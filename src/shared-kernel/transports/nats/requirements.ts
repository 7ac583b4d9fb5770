import type { ConnectionOptions, ServerInfo } from '@nats-io/transport-node';
import { PAGE_BYTES, PAGE_ROWS } from '../../messaging/page.js';
import { BrokerNotUsable } from '../broker-not-usable.js';
import type { Greeting } from './knock.js';

const OLDEST = [2, 9] as const;
/** The lines of a letter that are no messages. In bytes. */
const AROUND_BYTES = 1_000;
/** A full page as a letter, each message on a line. */
export const LETTER_BYTES = AROUND_BYTES + PAGE_BYTES + PAGE_ROWS;

/** @throws BrokerNotUsable unless letters can go over this server. */
export function mustServe(info: ServerInfo, shown: string): void {
  const { version, max_payload: most, headers } = info;
  const because = (what: string, mend: string) => new BrokerNotUsable(`NATS at ${shown} ${what}.`, mend);
  if (isOlder(version)) throw because(`is of version ${version}`, `Upgrade it to ${OLDEST.join('.')} or newer.`);
  if (!headers)
    throw because(
      'has its headers switched off, so it cannot say that nobody listens',
      'Remove no_header_support from its configuration.',
    );
  if (most < LETTER_BYTES)
    throw because(
      `takes at most ${most} bytes a message, and a full page of the outbox needs ${LETTER_BYTES}`,
      'Set max_payload in its configuration to 1MB, its default, or more.',
    );
}

/**
 * A server that is not shown the certificate it wants hangs up, often before it has said why.
 * @throws BrokerNotUsable
 */
export function mustShowCertificate(greeting: Greeting, { tls }: ConnectionOptions, shown: string): void {
  if (greeting.tls_verify !== true || (tls && 'cert' in tls && tls.cert !== undefined)) return;
  throw new BrokerNotUsable(
    `NATS at ${shown} cannot be reached safely: it asks for a certificate.`,
    'Set NATS_CERT and NATS_KEY to one that its authority has signed.',
  );
}

function isOlder(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return major < OLDEST[0] || (major === OLDEST[0] && minor < OLDEST[1]);
}

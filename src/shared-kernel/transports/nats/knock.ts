import { connect } from 'node:net';
import { BrokerNotUsable } from '../broker-not-usable.js';
import type { NatsAddress } from './server.js';

/** A server that is there greets at once. In milliseconds. */
export const GREETS_WITHIN = 3_000;
const GREETING = 'INFO ';
const LONGEST_GREETING = 64 * 1024;

export interface Greeting {
  /** The server asks for a certificate of ours. */
  readonly tls_verify?: boolean;
}

/**
 * Resolves with what the server greets with. Where nobody does, the client library gives up and leaves its socket open, one more at
 * each attempt on a frozen server; so it is let in only where it is heard.
 * @throws BrokerNotUsable when something else than NATS answers; Error when nothing does
 */
export async function knock({ host, port }: NatsAddress, closing: AbortSignal): Promise<Greeting> {
  const socket = connect({ host, port, signal: closing });
  const late = setTimeout(() => socket.destroy(new Error(`no greeting within ${GREETS_WITHIN} ms`)), GREETS_WITHIN);
  try {
    let said = '';
    for await (const piece of socket) {
      said += piece;
      if (!GREETING.startsWith(said.slice(0, GREETING.length)) || said.length > LONGEST_GREETING)
        throw new BrokerNotUsable(
          `What answers at ${host}:${port} is no NATS server.`,
          'Correct the host and the port in NATS_URL.',
        );
      if (said.includes('\n')) return JSON.parse(said.slice(GREETING.length, said.indexOf('\n')));
    }
    throw new Error('it hung up');
  } finally {
    clearTimeout(late);
    socket.destroy();
  }
}

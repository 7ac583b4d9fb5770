import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import { AbstractConnector } from 'ioredis';
import type { RedisAddress } from './server.js';

/** How long a socket that is let go may take to say so, before it is destroyed. In milliseconds. */
const DISCONNECT_WITHIN = 1_000;
/** How long a server may take to say what it has against a certificate. In milliseconds. */
const SAYS_WITHIN = 500;

/**
 * Makes the sockets of a client and its duplicates. The client's own listens to the first error of a socket only, and one
 * that is let go amid the handshake of TLS has a second, which would end the process.
 */
export class Connector extends AbstractConnector {
  private readonly address: RedisAddress;

  constructor(options: unknown) {
    super(DISCONNECT_WITHIN);
    this.address = options as RedisAddress;
  }

  override async connect(): Promise<Socket | TLSSocket> {
    this.connecting = true;
    const stream = socketTo(this.address);
    stream.on('error', (error) => {
      this.firstError ??= error;
    });
    this.stream = stream;
    return stream;
  }
}

/**
 * What a server has against our certificate, or the lack of one. In TLS 1.3 it says so when the client believes that all
 * is well and has begun to write, which then fails before the reason is read. Source: RFC 8446, section 4.4.2.4.
 */
export async function objectionOf(address: RedisAddress): Promise<Error | undefined> {
  const socket = socketTo(address);
  try {
    await once(socket, 'close', { signal: AbortSignal.timeout(SAYS_WITHIN) });
    return undefined;
  } catch (error) {
    return (error as Error).name === 'AbortError' ? undefined : (error as Error);
  } finally {
    socket.on('error', () => undefined);
    socket.destroy();
  }
}

function socketTo({ host, port, tls }: RedisAddress): Socket | TLSSocket {
  return tls ? connectTls({ host, port, ...tls }) : connect({ host, port });
}

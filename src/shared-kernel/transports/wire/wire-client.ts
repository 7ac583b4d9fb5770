import { connect, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { fullJitter } from '../../messaging/backoff.js';
import type { Cancellation } from '../../resilience/cancellation.js';
import type { Body } from './frames.js';
import type { WireSecurity } from './handshake.js';
import { introduce } from './introduce.js';
import { type Channel, ConnectionLost, WireConnection } from './wire-connection.js';
import type { WireAddress } from './wire-server.js';

const CONNECT_WITHIN = 3_000;
/** Between attempts to reach an app that is not there, at most. In milliseconds. */
const LONGEST_WAIT = 2_000;

/** The app cannot be reached now; nothing was asked of it. */
export class Unreachable extends Error {
  constructor(app: string, { host, port }: WireAddress, why: string) {
    super(`${app} cannot be reached at ${host}:${port}: ${why}.`);
  }
}

/** One instance of another app: a connection that is made when it is needed, and made again. */
export class WireClient {
  private connection: WireConnection | undefined;
  private connecting: Promise<WireConnection> | undefined;
  private socket: Socket | undefined;
  private failures = 0;
  private retryAt = 0;
  private lastFailure: Error | undefined;
  private isClosed = false;

  constructor(
    /** Whose calls these are. */
    private readonly from: string,
    private readonly app: string,
    private readonly address: WireAddress,
    private readonly security: WireSecurity,
  ) {}

  /** Whether a call is likely to go out at once: it did not fail to be reached when it was last tried. */
  get isPromising(): boolean {
    return this.connection?.isOpen === true || this.failures === 0;
  }

  /** @throws Unreachable, CallFailed, ConnectionLost, or the reason of the cancellation. */
  async call(channel: Channel, body: Body, cancellation?: Cancellation): Promise<Buffer> {
    const { connection } = this;
    if (connection?.isOpen) return connection.call(channel, body, cancellation);
    const made = await unlessCancelled(this.reach(), cancellation);
    // It may say that it is leaving as soon as it has said welcome.
    if (!made.isOpen) throw new Unreachable(this.app, this.address, 'it is leaving');
    return made.call(channel, body, cancellation);
  }

  /** Makes the connection again if it can be made now, while nobody waits for it. */
  knock(): void {
    if (!this.connection?.isOpen) this.reach().catch(() => undefined);
  }

  close(): void {
    this.isClosed = true;
    this.socket?.destroy();
  }

  /** After a failure nobody knocks again before a while has passed; until then callers hear of it at once. */
  private reach(): Promise<WireConnection> {
    if (this.isClosed) return Promise.reject(new ConnectionLost(`This app is closing its connection to ${this.app}.`));
    if (this.connecting) return this.connecting;
    if (performance.now() < this.retryAt) return Promise.reject(this.lastFailure);
    this.connecting = this.open()
      .then((connection) => {
        this.failures = 0;
        this.connection = connection;
        return connection;
      })
      .catch((error: Error) => {
        this.retryAt = performance.now() + fullJitter(++this.failures, 50, LONGEST_WAIT);
        this.lastFailure = new Unreachable(this.app, this.address, error.message);
        throw this.lastFailure;
      })
      .finally(() => {
        this.connecting = undefined;
      });
    return this.connecting;
  }

  private async open(): Promise<WireConnection> {
    const { host, port } = this.address;
    const { tls } = this.security;
    const socket = tls ? connectTls({ host, port, ...tls, minVersion: 'TLSv1.3' }) : connect({ host, port });
    this.socket = socket;
    const silence = `no answer within ${CONNECT_WITHIN} ms${tls ? '' : '; if it speaks TLS, so must this app'}`;
    const late = setTimeout(() => socket.destroy(new Error(silence)), CONNECT_WITHIN);
    try {
      await introduce(socket, { from: this.from, to: this.app }, this.security);
      return new WireConnection(socket, this.app, {});
    } finally {
      clearTimeout(late);
    }
  }
}

function unlessCancelled<Result>(work: Promise<Result>, signal: Cancellation | undefined): Promise<Result> {
  if (!signal) return work;
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason);
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
    if (signal.aborted) abort();
    else signal.addEventListener('abort', abort, { once: true });
  });
}

import type { Cancellation } from '../../resilience/cancellation.js';
import type { Body } from './frames.js';
import type { WireSecurity } from './handshake.js';
import { Unreachable, WireClient } from './wire-client.js';
import { type Answer, CHANNEL, type Channel } from './wire-connection.js';
import { type WireAddress, WireServer } from './wire-server.js';

export { CHANNEL };

export interface WireOptions {
  /** This app. */
  readonly app: string;
  readonly security: WireSecurity;
  /** Where this app listens; absent where nobody asks it anything. */
  readonly listen?: WireAddress | undefined;
  /** The instances of the other apps. */
  readonly peers: Readonly<Record<string, readonly WireAddress[]>>;
}

/** The connections of one app with all the others. */
export class Wire {
  private readonly server: WireServer;
  private readonly clients: ReadonlyMap<string, readonly WireClient[]>;
  private next = 0;

  constructor(private readonly options: WireOptions) {
    const { app, security, peers } = options;
    this.server = new WireServer(app, security);
    this.clients = new Map(
      Object.entries(peers).map(([peer, addresses]) => [
        peer,
        addresses.map((address) => new WireClient(app, peer, address, security)),
      ]),
    );
  }

  /** What this app answers; to be said before `listen`. */
  answer(channel: Channel, answer: Answer): void {
    this.server.answer(channel, answer);
  }

  async listen(): Promise<WireAddress | undefined> {
    return this.options.listen && this.server.listen(this.options.listen);
  }

  /**
   * Asks one instance of an app, and another one when that cannot be reached.
   * @param body a text, or its lines
   * @param prefer which instance, by turns; the same number finds the same one while it lives
   * @throws Unreachable when none can be; CallFailed; ConnectionLost; the reason of the cancellation
   */
  async call(
    app: string,
    channel: Channel,
    body: Body,
    cancellation?: Cancellation,
    prefer = this.next++,
  ): Promise<Buffer> {
    const clients = this.clients.get(app);
    if (!clients || clients.length === 0) throw new Error(`No address is known for the app "${app}".`);
    if (clients.length === 1) return (clients[0] as WireClient).call(channel, body, cancellation);
    let failure: unknown;
    for (const client of inTurn(clients, prefer)) {
      try {
        return await client.call(channel, body, cancellation);
      } catch (error) {
        // Of anything else nobody knows whether it was done: the caller decides.
        if (!(error instanceof Unreachable)) throw error;
        failure = error;
      }
    }
    throw failure;
  }

  /** The others are let go last: what is under way here may still have to ask them. */
  async close(): Promise<void> {
    if (this.options.listen) await this.server.close();
    for (const clients of this.clients.values()) for (const client of clients) client.close();
  }
}

/** The preferred one first; but those that could not be reached come last, and nobody waits until they can be again. */
function inTurn(clients: readonly WireClient[], prefer: number): WireClient[] {
  const turn = clients.map((_, n) => clients[(prefer + n) % clients.length] as WireClient);
  const promising = turn.filter((client) => client.isPromising);
  const others = turn.filter((client) => !client.isPromising);
  if (promising.length > 0) for (const client of others) client.knock();
  return [...promising, ...others];
}

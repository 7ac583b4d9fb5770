import { setTimeout as sleep, setImmediate as turn } from 'node:timers/promises';
import {
  type ConnectionOptions,
  connect,
  type NatsConnection,
  PermissionViolationError,
} from '@nats-io/transport-node';
import { Logger } from '@nestjs/common';
import { fullJitter } from '../../messaging/backoff.js';
import { whyOf } from '../broker-letters.js';
import { BrokerNotUsable } from '../broker-not-usable.js';
import type { Caller } from '../caller.js';
import type { Parting } from '../parting.js';
import { GREETS_WITHIN, knock } from './knock.js';
import { refusalOf } from './refusals.js';
import { mustServe, mustShowCertificate } from './requirements.js';
import type { NatsAddress, NatsServer } from './server.js';

/** Between attempts to reach the server, at most. In milliseconds. */
const LONGEST_WAIT = 2_000;
/** The server is asked so often whether it lives, in milliseconds … */
const PING_EVERY = 2_000;
/** … and given up when it has answered none of so many questions. */
const MOST_UNANSWERED = 3;

/** What is done with a connection. */
export interface Party {
  /** Subscribes to what is to be heard, on each new connection. */
  up(connection: NatsConnection): void;
  down(why: Error): void;
  /** The server refused that something was published there. */
  refused(subject: string, why: Error): void;
}

/**
 * One connection, made again whenever it breaks.
 *
 *   connecting ──reached, of use──▶ up ──broken, silent──▶ down ──backoff──▶ connecting
 *       └─ not reached, not of use ──▶ said once ──backoff──▶ connecting       (at the first time: not of use ──▶ thrown)
 *
 * The library would connect again by itself, but it goes on without a word where a server has changed, gives up where
 * credentials are refused twice, and waits for ever for a frozen server to take what is written.
 */
export class Line {
  private readonly log = new Logger('nats');
  private readonly closing = new AbortController();
  private connection: NatsConnection | undefined;
  private running: Promise<void> = Promise.resolve();
  private turns = 0;
  private said: string | undefined;

  constructor(
    private readonly server: NatsServer,
    private readonly caller: Caller,
    private readonly party: Party,
  ) {}

  /** The connection while there is one. */
  get open(): NatsConnection | undefined {
    return this.connection?.isClosed() ? undefined : this.connection;
  }

  /** @throws BrokerNotUsable; a server that cannot be reached is tried again until it can. */
  async connect(): Promise<void> {
    try {
      await this.reach();
    } catch (error) {
      if (error instanceof BrokerNotUsable) throw error;
      this.say(error as Error);
    }
    this.running = this.keep();
  }

  /** Lets what was published go out, then hangs up. */
  async close(parting: Parting): Promise<void> {
    this.closing.abort();
    const { open } = this;
    if (open) {
      await parting.waitFor(flushed(open));
      await open.close();
    }
    await parting.waitFor(this.running);
  }

  private async keep(): Promise<void> {
    const { signal } = this.closing;
    for (let failures = 0; !signal.aborted; ) {
      if (this.connection) {
        await this.untilBroken(this.connection);
        failures = 0;
      }
      await sleep(fullJitter(++failures, 50, LONGEST_WAIT), undefined, { signal }).catch(() => undefined);
      if (signal.aborted) return;
      await this.reach().catch((error: Error) => this.say(error));
    }
  }

  private async untilBroken(connection: NatsConnection): Promise<void> {
    const why = (await connection.closed()) as Error | undefined;
    this.connection = undefined;
    this.party.down(new Error(`The connection to NATS at ${this.server.shown} broke${why ? `: ${why.message}` : ''}.`));
  }

  /** Tries each address once, by turns. */
  private async reach(): Promise<void> {
    const { addresses, shown } = this.server;
    let failure: unknown;
    for (const _ of addresses) {
      const address = addresses[this.turns++ % addresses.length] as NatsAddress;
      try {
        await this.openAt(address);
        if (this.said !== undefined) this.log.log(`NATS at ${shown} is reached.`);
        this.said = undefined;
        return;
      } catch (error) {
        failure = refusalOf(error, shown, this.caller.system) ?? error;
        if (failure instanceof BrokerNotUsable) break;
      }
    }
    throw failure;
  }

  private async openAt(address: NatsAddress): Promise<void> {
    const options = this.server.options();
    const greeting = await knock(address, this.closing.signal);
    mustShowCertificate(greeting, options, this.server.shown);
    const host = address.host.includes(':') ? `[${address.host}]` : address.host;
    const connection = await connect({
      ...options,
      ...secured(options, address),
      servers: [`${host}:${address.port}`],
      name: `${this.caller.system} ${this.caller.app}`,
      reconnect: false,
      timeout: GREETS_WITHIN,
      noAsyncTraces: true,
    });
    this.connection = connection;
    try {
      await this.begin(connection);
    } catch (error) {
      this.connection = undefined;
      await connection.close();
      throw error;
    }
  }

  private async begin(connection: NatsConnection): Promise<void> {
    this.closing.signal.throwIfAborted();
    mustServe(connection.info as NonNullable<NatsConnection['info']>, this.server.shown);
    let refusal: Error | undefined;
    let hear = (error: Error) => {
      refusal ??= error;
    };
    void onErrors(connection, (error) => hear(error));
    this.watch(connection);
    this.party.up(connection);
    await flushed(connection);
    // What was refused has been said before the answer to the flush, and is heard a turn later.
    await turn();
    if (refusal) throw refusal;
    hear = (error) => this.complain(error);
  }

  private complain(error: Error): void {
    this.say(refusalOf(error, this.server.shown, this.caller.system) ?? error);
    if (error instanceof PermissionViolationError && error.operation === 'publish')
      this.party.refused(error.subject, error);
  }

  /**
   * A server that is frozen, or behind a network that swallows everything, is left. Counted and not timed: whoever was
   * frozen itself must not take the server for dead.
   */
  private watch(connection: NatsConnection): void {
    let unanswered = 0;
    const heard = () => {
      unanswered = 0;
    };
    const pinging = setInterval(() => {
      if (unanswered++ >= MOST_UNANSWERED) void connection.close();
      else connection.flush().then(heard, () => undefined);
    }, PING_EVERY).unref();
    void connection.closed().then(() => clearInterval(pinging));
  }

  /** Once, however often it is tried. */
  private say(error: Error): void {
    const { shown } = this.server;
    const reason = whyOf(error);
    if (reason === this.said || this.closing.signal.aborted) return;
    this.said = reason;
    if (error instanceof BrokerNotUsable) this.log.error(`${reason} ${error.mend}`);
    else
      this.log.warn(
        `NATS at ${shown} cannot be reached: ${reason}. Start it, or correct NATS_URL; until then messages wait in their outboxes.`,
      );
  }
}

/** The library leaves those who wait for a flush waiting when the connection breaks. */
async function flushed(connection: NatsConnection): Promise<void> {
  const broken = connection.closed().then((why) => Promise.reject(why ?? new Error('it hung up')));
  await Promise.race([connection.flush(), broken]);
}

async function onErrors(connection: NatsConnection, hear: (error: Error) => void): Promise<void> {
  for await (const status of connection.status()) if (status.type === 'error') hear(status.error);
}

/** Without a host the library holds the certificate of a server that is named by its address against "localhost". */
function secured({ tls }: ConnectionOptions, { host }: NatsAddress): ConnectionOptions {
  if (!tls) return {};
  const named = { ...tls, host };
  return { tls: named };
}

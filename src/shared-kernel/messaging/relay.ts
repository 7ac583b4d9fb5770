import { setTimeout as sleep } from 'node:timers/promises';
import { Logger } from '@nestjs/common';
import pg from 'pg';
import type { Transport } from '../transports/transport.js';
import { fullJitter } from './backoff.js';
import { Cursor } from './cursor.js';
import { DirectConnection } from './direct-connection.js';
import { PARTITIONS } from './layout.js';
import { Outage } from './outage.js';
import type { Outgoing } from './outbox.js';
import { Replays } from './replays.js';
import { SubscriberLoop } from './subscriber-loop.js';
import { register, type Subscriber, tellOfTheGone } from './subscribers.js';
import { UNACKNOWLEDGED } from './unacknowledged.js';
import { Drawn, LAST_DRAWN, lastDrawn } from './window.js';

/** How often a relay looks who else is there, which partitions are free, and what other processes wrote. In milliseconds. */
const LOOK = 500;
/** Other processes are told at most so often that something was written. In milliseconds. */
const TELL_GAP = 5;
/** The lock by which instances count each other, beside those of the partitions. */
const PRESENCE = 1_000;

export interface RelayOptions {
  readonly module: string;
  readonly schema: string;
  readonly url: string;
  readonly transport: Transport;
  readonly subscribers: readonly Subscriber[];
}

/**
 * Carries one module's outbox to its subscribers. Instances divide the partitions of keys among themselves; each
 * partition is led by one of them.
 *
 *   an instance    connecting ──▶ present ──lost connection, stale──▶ closed ──backoff──▶ connecting
 *   a partition    free ──session lock──▶ led (epoch + 1), a loop a subscriber ──too many, stop──▶ finishing ──▶ free
 *
 * The session lock goes when the process dies, or when the server ends the session of one that is frozen; the epoch
 * keeps whoever wakes up after that from moving a cursor or a lease. Every instance holds at most its fair share:
 * partitions divided by instances, rounded up. A newcomer is counted by its presence lock, and those who hold more let go.
 */
export class Relay {
  private readonly log: Logger;
  private readonly stopping = new AbortController();
  private readonly led = new Map<number, Led>();
  private readonly interruption: Outage;
  private readonly outages = new Map<string, Outage>();
  private client: DirectConnection | undefined;
  private running: Promise<void> = Promise.resolve();
  private telling: NodeJS.Timeout | undefined;
  private untold = false;

  constructor(private readonly options: RelayOptions) {
    this.log = new Logger(`${options.module}.relay`);
    this.interruption = new Outage('The relay runs again.', this.log);
  }

  start(): void {
    this.running = this.options.subscribers.length > 0 ? this.run() : this.lookForTheGone();
  }

  /** These were committed to the outbox, by this process. */
  wake(messages: readonly Outgoing[]): void {
    for (const { type, partition } of messages) {
      const led = this.led.get(partition);
      if (led) for (const loop of led.loops) if (loop.wants(type, partition)) loop.wake();
    }
    if (messages.some(({ partition }) => !this.led.has(partition))) this.tellOthers();
  }

  /**
   * Resolves when everything committed before this call has been taken by every subscriber that is not away, or after
   * `deadline` milliseconds; answers whether all have taken it. For a caller who wants to read what its own write caused
   * elsewhere.
   */
  async delivered(deadline: number): Promise<boolean> {
    if (this.options.subscribers.length === 0) return true;
    const late = AbortSignal.timeout(deadline);
    const loops = [...this.led.values()].flatMap((led) => led.loops);
    await Promise.all(loops.map((loop) => loop.caughtUp(late)));
    const away = loops.filter(({ isAway }) => isAway).map(({ subscriber }) => subscriber);
    while (this.led.size < PARTITIONS && !late.aborted && !(await this.othersCaughtUp(away))) await sleep(5);
    return !late.aborted && away.length === 0;
  }

  /** Finishes the batches under way, then lets go of the partitions. */
  async stop(): Promise<void> {
    this.stopping.abort();
    await this.running;
    clearTimeout(this.telling);
  }

  private async run(): Promise<void> {
    for (let failures = 0; !this.stopping.signal.aborted; ) {
      try {
        await this.bePresent();
        failures = 0;
      } catch (error) {
        failures++;
        this.interruption.lasts(`Relay interrupted, starting again: ${(error as Error).message}`);
      }
      await pause(fullJitter(failures, 100, 2_000), this.stopping.signal);
    }
  }

  /** Nobody subscribes here: whether anybody once did is worth a look, and no more. */
  private async lookForTheGone(): Promise<void> {
    const { url, module, schema, subscribers } = this.options;
    const client = new DirectConnection(url, module, schema);
    try {
      await client.connect();
      await tellOfTheGone(client, subscribers, this.log);
    } catch (error) {
      this.log.warn(`Whether anybody once subscribed could not be looked at: ${(error as Error).message}`);
    } finally {
      await client.end();
    }
  }

  private async bePresent(): Promise<void> {
    const { url, module, schema } = this.options;
    const client = new DirectConnection(url, module, schema);
    try {
      await client.connect();
      client.onNotification(() => this.wakeAll());
      await client.query(`listen ${channelOf(schema)}`);
      await client.query('select pg_advisory_lock_shared(hashtext($1), $2)', [lockName(module), PRESENCE]);
      await register(client, this.options.subscribers, this.log);
      this.interruption.isOver();
      this.client = client;
      const failed = new Promise<never>((_, reject) => client.lost.catch(reject));
      failed.catch(() => undefined);
      await Promise.race([this.divide(client), failed]);
    } finally {
      this.client = undefined;
      for (const led of this.led.values()) led.close();
      this.led.clear();
      await client.end();
    }
  }

  /** Looks around until it is stopped, and holds its fair share. */
  private async divide(client: DirectConnection): Promise<void> {
    const drawn = new Drawn();
    while (!this.stopping.signal.aborted) {
      const instances = await this.look(client, drawn);
      const share = Math.ceil(PARTITIONS / Math.max(1, instances));
      await this.letGo(client, this.led.size - share);
      await this.take(client, drawn, share - this.led.size);
      for (const led of this.led.values()) for (const loop of led.loops) loop.wakeIfBehind();
      const broken = Promise.race([...this.led.values()].map(({ failed }) => failed));
      await Promise.race([pause(LOOK, this.stopping.signal), ...(this.led.size > 0 ? [broken] : [])]);
    }
    await this.letGo(client, this.led.size);
  }

  /** Answers how many instances there are. Takes a transaction id of its own now and then, which raises the floors of windows. */
  private async look(client: DirectConnection, drawn: Drawn): Promise<number> {
    const { last } = drawn;
    const [seen] = await client.query<{
      instances: number;
      drawn: string | null;
      xid: string | null;
      replaying: number[];
    }>(
      `select (select count(distinct pid)::int from pg_locks
                where locktype = 'advisory' and objsubid = 2 and classid = hashtext($1)::oid and objid = $2
                  and database = (select oid from pg_database where datname = current_database())) as instances,
              ${LAST_DRAWN} as drawn,
              case when $3::boolean then pg_current_xact_id() end::text as xid,
              array(select distinct partition from replay)::int[] as replaying`,
      [lockName(this.options.module), PRESENCE, drawn.isUnsettled],
    );
    if (!seen) throw new Error('The server answered nothing.');
    if (seen.xid !== null) drawn.settle(BigInt(seen.xid), last);
    drawn.last = Math.max(drawn.last, lastDrawn(seen.drawn));
    for (const partition of seen.replaying) this.led.get(partition)?.wake();
    return seen.instances;
  }

  private async take(client: DirectConnection, drawn: Drawn, wanted: number): Promise<void> {
    const free = Array.from({ length: PARTITIONS }, (_, n) => n).filter((n) => !this.led.has(n));
    for (const partition of shuffled(free)) {
      if (wanted <= 0 || this.stopping.signal.aborted) return;
      const [lock] = await client.query<{ taken: boolean }>('select pg_try_advisory_lock(hashtext($1), $2) as taken', [
        lockName(this.options.module),
        partition,
      ]);
      if (!lock?.taken) continue;
      await this.lead(client, drawn, partition);
      wanted--;
    }
  }

  private async lead(client: DirectConnection, drawn: Drawn, partition: number): Promise<void> {
    if (await cameFromElsewhere(client, partition)) {
      this.log.warn('The data came from another PostgreSQL cluster: everything retained is sent again.');
    }
    const epoch = await nextEpoch(client, partition);
    const replays = new Replays(client);
    const taking = this.options.subscribers.filter(({ types }) => types.length > 0);
    const loops = taking.map(({ name, types }) => {
      const cursor = new Cursor(client, drawn, name, partition, epoch);
      const wanted = new Set(types.map((type) => type.name));
      const { module, transport } = this.options;
      return new SubscriberLoop(module, cursor, wanted, epoch, transport, replays, this.outageOf(name));
    });
    this.led.set(partition, new Led(loops));
  }

  private outageOf(subscriber: string): Outage {
    const known = this.outages.get(subscriber) ?? new Outage(`${subscriber} takes messages again.`, this.log);
    this.outages.set(subscriber, known);
    return known;
  }

  private async letGo(client: DirectConnection, count: number): Promise<void> {
    const leaving = [...this.led].slice(0, Math.max(0, count));
    for (const [, led] of leaving) led.close();
    for (const [partition, led] of leaving) {
      await keptAlive(client, led.ended);
      this.led.delete(partition);
      await client.query('select pg_advisory_unlock(hashtext($1), $2)', [lockName(this.options.module), partition]);
    }
  }

  private wakeAll(): void {
    for (const led of this.led.values()) led.wake();
  }

  /** At once, and then at most every few milliseconds, however much is written. */
  private tellOthers(): void {
    this.untold = true;
    if (this.telling) return;
    this.untold = false;
    this.client?.query(`notify ${channelOf(this.options.schema)}`).catch(() => undefined);
    this.telling = setTimeout(() => {
      this.telling = undefined;
      if (this.untold) this.tellOthers();
    }, TELL_GAP);
  }

  /** Whether the partitions that others lead have nothing unacknowledged but by subscribers that are away. */
  private async othersCaughtUp(away: readonly string[]): Promise<boolean> {
    if (!this.client) return false;
    const [pending] = await this.client.query<{ there: boolean }>(
      `select exists (${UNACKNOWLEDGED} and not (o.partition = any ($1)) and not (s.name = any ($2))) as there`,
      [[...this.led.keys()], away],
    );
    return pending?.there === false;
  }
}

/** The loops of one partition while this process leads it. */
class Led {
  /** Rejects when one of its loops ends by an error. */
  readonly failed: Promise<never>;
  readonly ended: Promise<unknown>;

  constructor(readonly loops: readonly SubscriberLoop[]) {
    const runs = loops.map((loop) => loop.run());
    this.ended = Promise.allSettled(runs);
    this.failed = new Promise((_, reject) => {
      for (const run of runs) run.catch(reject);
    });
    this.failed.catch(() => undefined);
  }

  wake(): void {
    for (const loop of this.loops) loop.wake();
  }

  close(): void {
    for (const loop of this.loops) loop.close();
  }
}

/** A handler may take longer than the server lets a session be silent. */
async function keptAlive(client: DirectConnection, ended: Promise<unknown>): Promise<void> {
  let isOver = false;
  const over = ended.then(() => {
    isOver = true;
  });
  for (;;) {
    const waiting = new AbortController();
    await Promise.race([over, pause(LOOK, waiting.signal)]);
    waiting.abort();
    if (isOver) return;
    await client.query('select 1');
  }
}

async function cameFromElsewhere(client: DirectConnection, partition: number): Promise<boolean> {
  const begun = await client.query(
    `select begin_history_anew(partition) from relay, pg_control_system()
      where partition = $1 and cluster <> system_identifier`,
    [partition],
  );
  return begun.length > 0;
}

async function nextEpoch(client: DirectConnection, partition: number): Promise<number> {
  // By the clock, so that an epoch never comes twice, not even after the schema was made anew or restored.
  const [next] = await client.query<{ epoch: string }>(
    `update relay set epoch = greatest(epoch + 1, (extract(epoch from clock_timestamp()) * 1000)::bigint)
      where partition = $1 returning epoch`,
    [partition],
  );
  return Number(next?.epoch);
}

function lockName(module: string): string {
  return `seamline.relay.${module}`;
}

/** The channel on which instances tell each other of a schema's new messages. */
export function channelOf(schema: string): string {
  return pg.escapeIdentifier(`seamline.${schema}`);
}

function shuffled<Item>(items: readonly Item[]): Item[] {
  return items
    .map((item) => ({ item, order: Math.random() }))
    .sort((a, b) => a.order - b.order)
    .map(({ item }) => item);
}

function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  return sleep(milliseconds, undefined, { signal }).catch(() => undefined);
}

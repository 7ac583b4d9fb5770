import { setTimeout as sleep } from 'node:timers/promises';
import { Logger } from '@nestjs/common';
import pg from 'pg';
import type { Envelope } from '../contract/envelope.js';
import type { Acknowledgement, Transport } from '../transports/transport.js';
import { fullJitter } from './backoff.js';
import { BEGINNING, NEXT_PAGE, OPEN_WINDOW, type Position, positionAfter } from './window.js';

/** Messages a page, and so a batch; the receiver takes a batch in one transaction. */
const PAGE = 200;
/** The safety net under the wake-up signal, and how publications of other processes are found. In milliseconds. */
const POLL = 500;
/** How often a standing-by process asks for the lock of a schema that another one relays. In milliseconds. */
const STANDBY = 2_000;
/** A batch without an acknowledgement is sent again after this. In milliseconds. */
const ACKNOWLEDGEMENT_DEADLINE = 60_000;
/** A server, or a relay, that is silent for longer is given up, and its lock is free for another. In milliseconds. */
const SILENCE = 30_000;
/** A cursor that only passed by what its subscriber does not want is kept in memory this long. In milliseconds. */
const IDLE_PERSIST = 30_000;

interface Row {
  id: string;
  event_id: string;
  type: string;
  key: string;
  /** What stands in the table; written by us, but nothing keeps an operator's hands off it. */
  headers: Record<string, string> | null;
  payload: Record<string, unknown>;
}

/**
 * Carries one module's outbox to its subscribers. States:
 *
 *   standing by ──lock──▶ leading(epoch+1) ──stop / lost connection / stale──▶ closed ──backoff──▶ standing by
 *
 * While it leads, each subscriber has a loop of its own, so that a slow one holds nobody up:
 *
 *   read page ──none──▶ wait for wake ──▶ read page
 *   read page ──rows──▶ send ──taken──▶ move cursor ──▶ read page
 *                        │└─expected n──▶ send again as n
 *                        └──no answer──▶ backoff ──▶ send again
 *
 * Only the acknowledgement moves the cursor, and only while the epoch is still this relay's: a frozen process that
 * wakes up after another has taken over changes nothing.
 */
export class Relay {
  private readonly log: Logger;
  private readonly stopping = new AbortController();
  private readonly loops: SubscriberLoop[] = [];
  private running: Promise<void> = Promise.resolve();

  constructor(
    private readonly module: string,
    private readonly schema: string,
    private readonly url: string,
    private readonly transport: Transport,
    /** Which types each subscriber wants. */
    private readonly subscribers: ReadonlyMap<string, readonly string[]>,
  ) {
    this.log = new Logger(`${module}.relay`);
  }

  start(): void {
    if (this.subscribers.size > 0) this.running = this.run();
  }

  /** Something was committed to the outbox. */
  wake(): void {
    for (const loop of this.loops) loop.wake();
  }

  /**
   * Resolves when everything committed before this call has been taken by every subscriber, or after `deadline`
   * milliseconds; answers which. For a caller who wants to read what its own write caused elsewhere.
   */
  async delivered(deadline: number): Promise<boolean> {
    if (this.subscribers.size === 0) return true;
    if (this.loops.length === 0) return false;
    const late = AbortSignal.timeout(deadline);
    await Promise.all(this.loops.map((loop) => loop.caughtUp(late)));
    return !late.aborted;
  }

  /** Finishes the batch under way, then lets go of the lock. */
  async stop(): Promise<void> {
    this.stopping.abort();
    this.wake();
    await this.running;
  }

  private async run(): Promise<void> {
    for (let failures = 0; !this.stopping.signal.aborted; ) {
      try {
        await this.leadOnce();
        failures = 0;
      } catch (error) {
        failures++;
        this.log.warn(`Relay interrupted, starting again: ${(error as Error).message}`);
      }
      await pause(fullJitter(failures, 100, 5_000), this.stopping.signal);
    }
  }

  private async leadOnce(): Promise<void> {
    const client = new DirectConnection(this.url, this.module, this.schema);
    const lost = client.lost;
    await client.connect();
    try {
      if (!(await this.takeLock(client))) return;
      if (await this.cameFromElsewhere(client)) await beginHistoryAnew(client);
      const epoch = await nextEpoch(client);
      const loops = [...this.subscribers].map(
        ([subscriber, types]) => new SubscriberLoop(this.module, subscriber, types, epoch, client, this.transport),
      );
      this.loops.push(...loops);
      await Promise.race([Promise.all(loops.map((loop) => loop.run(this.stopping.signal))), lost]);
    } finally {
      for (const loop of this.loops.splice(0)) loop.close();
      await client.end();
    }
  }

  private async cameFromElsewhere(client: DirectConnection): Promise<boolean> {
    const { rows } = await client.query<{ cluster: string | null; here: string }>(
      'select cluster, system_identifier as here from relay, pg_control_system()',
    );
    const { cluster, here } = rows[0] ?? {};
    if (cluster === here) return false;
    if (cluster !== null)
      this.log.warn('The data came from another PostgreSQL cluster: everything retained is sent again.');
    return true;
  }

  /** One relay a schema: a session lock, given back by the server itself when the process dies. */
  private async takeLock(client: DirectConnection): Promise<boolean> {
    while (!this.stopping.signal.aborted) {
      const { rows } = await client.query<{ taken: boolean }>(
        'select pg_try_advisory_lock(hashtextextended($1, 0)) as taken',
        [`seamline.relay.${this.module}`],
      );
      if (rows[0]?.taken) return true;
      await pause(STANDBY, this.stopping.signal);
    }
    return false;
  }
}

/**
 * Transaction ids mean nothing in another cluster. After a dump was restored, all rows count as written now and all
 * subscribers begin with the oldest row; their inboxes drop what they have had.
 */
async function beginHistoryAnew(client: DirectConnection): Promise<void> {
  await client.query(`
    with rows as (update outbox set xid = pg_current_xact_id()),
         cursors as (update relay_cursor set s1 = '${BEGINNING.s1}', s2 = null, last_id = 0)
    update relay set cluster = (select system_identifier from pg_control_system())`);
}

async function nextEpoch(client: DirectConnection): Promise<number> {
  // By the clock, so that an epoch never comes twice, not even after the schema was made anew or restored.
  const { rows } = await client.query<{ epoch: string }>(
    `update relay set epoch = greatest(epoch + 1, (extract(epoch from clock_timestamp()) * 1000)::bigint)
     returning epoch`,
  );
  return Number(rows[0]?.epoch);
}

/** One connection for all of a relay: `pg` wants the next query to wait for the one before. */
class DirectConnection {
  private readonly client: pg.Client;
  private last: Promise<unknown> = Promise.resolve();
  /** Rejects when the server is gone. */
  readonly lost: Promise<never>;

  constructor(url: string, module: string, schema: string) {
    this.client = new pg.Client({
      connectionString: url,
      application_name: `seamline ${module} relay`,
      options: `-c search_path=${schema} -c plan_cache_mode=force_custom_plan -c idle_session_timeout=${SILENCE}`,
      keepAlive: true,
      query_timeout: SILENCE,
    });
    this.lost = new Promise<never>((_, reject) => this.client.on('error', reject));
    this.lost.catch(() => undefined);
  }

  async connect(): Promise<void> {
    await this.client.connect();
  }

  query<Row extends pg.QueryResultRow>(text: string, values: unknown[] = []): Promise<pg.QueryResult<Row>> {
    const result = this.last.then(() => this.client.query<Row>(text, values));
    this.last = result.catch(() => undefined);
    return result;
  }

  async end(): Promise<void> {
    await this.client.end().catch(() => undefined);
  }
}

class Superseded extends Error {
  constructor() {
    super('another relay has taken over; standing by.');
  }
}

function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  return sleep(milliseconds, undefined, { signal }).catch(() => undefined);
}

class SubscriberLoop {
  private readonly log: Logger;
  private number = 1;
  private awake = false;
  private rouse: (() => void) | undefined;
  private watchers: { passes: number; resolve: () => void }[] = [];
  private persistedAt = Date.now();
  private closed = false;

  constructor(
    private readonly source: string,
    private readonly subscriber: string,
    private readonly types: readonly string[],
    private readonly epoch: number,
    private readonly client: DirectConnection,
    private readonly transport: Transport,
  ) {
    this.log = new Logger(`${source}.relay`);
  }

  wake(): void {
    this.awake = true;
    this.rouse?.();
  }

  /** Resolves once a window that was opened after this call has been taken to its end, or when it is too late. */
  caughtUp(late: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      // The pass under way may have read before the caller's commit: only the one after it counts.
      const watcher = { passes: this.rouse ? 1 : 2, resolve };
      this.watchers.push(watcher);
      const giveUp = () => {
        this.watchers = this.watchers.filter((each) => each !== watcher);
        resolve();
      };
      late.addEventListener('abort', giveUp, { once: true });
      this.wake();
    });
  }

  close(): void {
    this.closed = true;
    this.wake();
  }

  async run(signal: AbortSignal): Promise<void> {
    let position = await this.restore();
    while (!signal.aborted && !this.closed) {
      this.awake = false;
      const next = await this.passPage(position, signal);
      if (next === undefined) return;
      position = next;
      if (position.s2 !== null) continue;
      this.passed();
      if (!this.awake) await this.waitForWake();
    }
  }

  /** Reads a page, has it taken, and moves the cursor. Undefined when the relay is stopping. */
  private async passPage(position: Position, signal: AbortSignal): Promise<Position | undefined> {
    const { s2, page } = await this.read(position);
    const next = positionAfter(position, s2, page, PAGE);
    if (page.length === 0) {
      return Date.now() - this.persistedAt > IDLE_PERSIST ? this.persist(next) : next;
    }
    return (await this.deliver(page, signal)) ? this.persist(next) : undefined;
  }

  private async read(position: Position): Promise<{ s2: string; page: Row[] }> {
    if (position.s2 !== null) {
      const values = [position.s1, position.s2, position.lastId, PAGE, this.types];
      return { s2: position.s2, page: (await this.client.query<Row>(NEXT_PAGE, values)).rows };
    }
    const { rows } = await this.client.query<Row & { s2: string }>(OPEN_WINDOW, [position.s1, PAGE, this.types]);
    const s2 = rows[0]?.s2;
    if (s2 === undefined) throw new Error('The server answered no snapshot.');
    return { s2, page: rows.filter((row) => row.id !== null) };
  }

  /** Sends until it is taken; false when this relay is stopping. */
  private async deliver(page: Row[], signal: AbortSignal): Promise<boolean> {
    const messages = page.map((row) => toEnvelope(this.source, row));
    for (let failures = 0; !signal.aborted && !this.closed; ) {
      try {
        const answer = await this.send(messages);
        if (answer.kind === 'stale') throw new Superseded();
        if (answer.kind === 'expected') {
          this.number = answer.number;
          continue;
        }
        this.number++;
        return true;
      } catch (error) {
        if (error instanceof Superseded) throw error;
        failures++;
        this.log.warn(`${this.subscriber} has not taken ${messages.length} message(s): ${(error as Error).message}`);
        await pause(fullJitter(failures, 100, 5_000), signal);
      }
    }
    return false;
  }

  private async send(messages: Envelope[]): Promise<Acknowledgement> {
    const { source, subscriber, epoch, number } = this;
    const deadline = new AbortController();
    const late = sleep(ACKNOWLEDGEMENT_DEADLINE, undefined, { signal: deadline.signal, ref: false }).then(() => {
      throw new Error(`no acknowledgement within ${ACKNOWLEDGEMENT_DEADLINE} ms`);
    });
    late.catch(() => undefined);
    try {
      return await Promise.race([
        this.transport.send({ source, subscriber, partition: 0, epoch, number, messages }),
        late,
      ]);
    } finally {
      deadline.abort();
    }
  }

  private async restore(): Promise<Position> {
    const { rows } = await this.client.query<Position>(
      `insert into relay_cursor (subscriber, s1, last_id) values ($1, $2, 0)
       on conflict (subscriber) do update set subscriber = excluded.subscriber
       returning s1::text, s2::text, last_id as "lastId"`,
      [this.subscriber, BEGINNING.s1],
    );
    return rows[0] as Position;
  }

  private async persist(next: Position): Promise<Position> {
    const { rowCount } = await this.client.query(
      `update relay_cursor set s1 = $2, s2 = $3, last_id = $4, moved_at = now()
        where subscriber = $1 and (select epoch from relay) = $5`,
      [this.subscriber, next.s1, next.s2, next.lastId, this.epoch],
    );
    if (rowCount !== 1) throw new Superseded();
    this.persistedAt = Date.now();
    return next;
  }

  private passed(): void {
    for (const watcher of this.watchers) watcher.passes--;
    for (const watcher of this.watchers.filter((w) => w.passes <= 0)) watcher.resolve();
    this.watchers = this.watchers.filter((w) => w.passes > 0);
    if (this.watchers.length > 0) this.awake = true;
  }

  private async waitForWake(): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, POLL);
      this.rouse = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    this.rouse = undefined;
  }
}

/** Of the headers only the ones that an envelope has: whatever else stands there must not change what the row is. */
const HEADERS = ['causationid', 'traceparent', 'tracestate', 'sequence'] as const;

function toEnvelope(source: string, row: Row): Envelope {
  const headers = row.headers ?? {};
  return {
    specversion: '1.0',
    id: row.event_id,
    source: `/${source}`,
    type: row.type,
    subject: row.key,
    time: headers.time ?? '',
    datacontenttype: 'application/json',
    correlationid: headers.correlationid ?? row.event_id,
    ...Object.fromEntries(HEADERS.flatMap((name) => (headers[name] === undefined ? [] : [[name, headers[name]]]))),
    data: row.payload,
  };
}

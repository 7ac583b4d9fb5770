import pg from 'pg';
import { partitionOf, toOutgoing } from '#kernel/messaging/outbox';
import { channelOf } from '#kernel/messaging/relay';
import type { Transaction } from '#kernel/persistence/unit-of-work';
import { createTestDatabase, type TestDatabase } from '#test/test-database';
import { waitUntil } from '#test/until';
import { AppProcess } from './app-process.js';
import { type Does, moments, SenderModule, Sent } from './modules.js';
import { APART, type App, bootPlaced, type PlacedApp, type Role, TOGETHER } from './placed-app.js';
import { type Between, MOST_INSTANCES, type TransportUnderTest } from './under-test.js';
import { Weather } from './weather.js';

/** What is said with a message, where it is not the usual. */
export interface Saying {
  readonly does?: Does;
  readonly text?: string;
  /** Which instance of the sender says it. */
  readonly by?: number;
}

/** How long a case waits for what must come. In milliseconds. */
const PATIENCE = 60_000;

/** A sender and a receiver on a database of their own, with the transport under test between them. */
export class Stage {
  readonly weather = new Weather();
  private readonly apps: PlacedApp[] = [];
  private readonly processes = new Set<AppProcess>();
  private readonly dawdled = new Set<string>();

  private constructor(
    readonly between: Between,
    private readonly holding: Record<Role, App>,
    private readonly database: TestDatabase,
    /** As the superuser. */
    readonly sql: pg.Client,
  ) {
    moments.on('dawdles', (key) => this.dawdled.add(key));
  }

  static async begin(underTest: TransportUnderTest): Promise<Stage> {
    const modules = (['sender', 'receiver'] as const).map((name) => ({ name, schema: name }));
    const database = await createTestDatabase({ modules });
    const between = await underTest.start().catch(async (error) => {
      await database.drop();
      throw error;
    });
    const sql = new pg.Client({ connectionString: database.databaseUrl });
    await sql.connect();
    return new Stage(between, underTest.without?.apps === undefined ? APART : TOGETHER, database, sql);
  }

  async end(): Promise<void> {
    await this.have(0, 0);
    moments.removeAllListeners();
    await this.sql.end();
    await this.between.stop();
    await this.database.drop();
  }

  /** Starts and closes apps of this process until so many instances of each run, and kills all of other processes. */
  async have(senders: number, receivers: number): Promise<void> {
    for (const process of this.processes) await process.kill();
    this.processes.clear();
    const { sender, receiver } = this.holding;
    if (sender === receiver) return this.haveOf(sender, Math.max(senders, receivers));
    await this.haveOf(receiver, receivers);
    await this.haveOf(sender, senders);
  }

  /** Only senders run in this process; none where a sender is a receiver too. */
  async haveNoReceiver(): Promise<void> {
    await this.have(0, 0);
    if (this.holding.sender !== this.holding.receiver) await this.have(1, 0);
  }

  /** One instance more in a process of its own. */
  async startProcess(role: Role): Promise<AppProcess> {
    const { elsewhere } = this.between;
    const app = this.holding[role];
    const { ownerUrl, moduleUrls } = this.database;
    const run = { app, instance: this.freeInstanceOf(app), database: { ownerUrl, moduleUrls }, elsewhere };
    const process = await AppProcess.start(run);
    this.processes.add(process);
    return process;
  }

  /** Those that run in this process, by their number. */
  running(role: Role): PlacedApp[] {
    return this.apps.filter(({ app }) => app === this.holding[role]).sort((a, b) => a.instance - b.instance);
  }

  async say(key: string, numbers: readonly number[], saying: Saying = {}): Promise<void> {
    await this.publish((tx) => {
      for (const n of numbers) tx.publish(Sent, messageOf(key, n, saying));
    }, saying.by);
  }

  async publish(work: (tx: Transaction) => void, by = 0): Promise<void> {
    const sender = this.running('sender')[by];
    if (!sender) throw new Error(`There is no instance ${by} of the sender in this process.`);
    await sender.transaction(SenderModule, async (tx) => work(tx));
  }

  /** Leaves messages in the sender's outbox as an instance would that runs in another process. */
  async leave(key: string, numbers: readonly number[], saying: Saying = {}): Promise<void> {
    for (const n of numbers) {
      const { partition, eventId, type, envelope } = toOutgoing('sender', Sent, messageOf(key, n, saying));
      await this.sql.query(
        'insert into sender.outbox (partition, event_id, type, key, envelope) values ($1, $2, $3, $4, $5)',
        [partition, eventId, type, key, envelope],
      );
    }
    await this.sql.query(`notify ${channelOf('sender')}`);
  }

  /** The numbers that the receiver has of a key, in the order in which it took them. */
  async taken(key: string, type = 'sent', schema: Role = 'receiver'): Promise<number[]> {
    const { rows } = await this.sql.query(`select n from ${schema}.taken where key = $1 and type = $2 order by at`, [
      key,
      type,
    ]);
    return rows.map(({ n }) => n);
  }

  /** Waits until so many of a key have been taken, and answers them. */
  async takes(key: string, count: number, type = 'sent', schema: Role = 'receiver'): Promise<number[]> {
    await this.until(async () => (await this.taken(key, type, schema)).length >= count, `${count} of ${key} are taken`);
    return this.taken(key, type, schema);
  }

  /** All keys that begin so, each with its numbers in the order in which the receiver took them. */
  async takenOfAll(prefix: string): Promise<Map<string, number[]>> {
    const { rows } = await this.sql.query(
      'select key, array_agg(n order by at) as numbers from receiver.taken where starts_with(key, $1) group by key',
      [prefix],
    );
    return new Map(rows.map(({ key, numbers }) => [key, numbers]));
  }

  /** Waits until so many of all keys that begin so have been taken. */
  async takesOfAll(prefix: string, count: number): Promise<void> {
    const { sql } = this;
    const statement = 'select count(*)::int from receiver.taken where starts_with(key, $1)';
    await this.until(
      async () => (await sql.query(statement, [prefix])).rows[0].count >= count,
      `${count} of ${prefix} are taken`,
    );
  }

  /** Waits until a handler dawdles at this key, in whatever process. */
  async dawdles(key: string): Promise<void> {
    const said = () => this.dawdled.has(key) || [...this.processes].some((each) => each.says(`dawdles at ${key}`));
    await this.until(async () => said(), `the receiver dawdles at ${key}`);
  }

  until(condition: () => Promise<boolean>, what: string): Promise<void> {
    return waitUntil(condition, PATIENCE, what);
  }

  private async haveOf(app: App, count: number): Promise<void> {
    const running = () => this.apps.filter((each) => each.app === app);
    for (let extra = running().pop(); extra && running().length > count; extra = running().pop()) {
      this.apps.splice(this.apps.indexOf(extra), 1);
      await extra.close();
    }
    while (running().length < count) {
      const placing = { app, instance: this.freeInstanceOf(app), database: this.database };
      this.apps.push(await bootPlaced(placing, (each) => this.between.transportOf(each), this.weather));
    }
  }

  private freeInstanceOf(app: App): number {
    const used = [...this.apps, ...this.processes].filter((each) => each.app === app).map(({ instance }) => instance);
    const free = Array.from({ length: MOST_INSTANCES }, (_, n) => n).find((n) => !used.includes(n));
    if (free === undefined) throw new Error(`${app} has ${MOST_INSTANCES} instances already.`);
    return free;
  }
}

export function messageOf(key: string, n: number, { does = 'nothing', text = '' }: Saying = {}) {
  return { key, n, does, text };
}

/** A key that begins so and falls into this partition. */
export function keyIn(partition: number, prefix: string): string {
  for (let n = 0; ; n++) if (partitionOf(`${prefix}-${n}`) === partition) return `${prefix}-${n}`;
}

export const upTo = (count: number): number[] => Array.from({ length: count }, (_, n) => n);

import pg from 'pg';
import type { Lasting, Stage, StageBeside } from '../../harness/child.js';
import { machineTime } from '../../harness/clock.js';
import { atASteadyRate } from '../../harness/load.js';
import { settle, withClient } from '../../harness/postgres.js';
import {
  ENTRY_TABLE,
  entriesValues,
  INSERT_ENTRIES,
  INSERT_PURCHASE,
  PURCHASE_TABLE,
  purchaseNumber,
  purchasesBy,
  purchaseValues,
} from '../../messaging/workload.js';
import { Arrivals } from '../arrivals.js';
import {
  type Begun,
  type DrainWork,
  eventOf,
  type PlainEvent,
  type Sent,
  type SteadyWork,
  type Taken,
  type TransportName,
} from '../workload.js';
import { bullmq } from './bullmq.js';
import { direct } from './direct.js';
import { nats } from './nats.js';
import type { Pipe, PipeOptions } from './pipe.js';
import { rabbitmq } from './rabbitmq.js';

const PIPES: Readonly<Record<TransportName, Pipe>> = { direct, bullmq, rabbitmq, nats };
const CONNECTIONS = 24;

const SEEN_TABLE = 'create table seen (id uuid primary key)';
/** Tells those that were not there. */
const INSERT_SEEN = 'insert into seen (id) select unnest($1::uuid[]) on conflict do nothing returning id';

interface Listening {
  readonly port: number;
}

export const receiveDrained = (stage: Stage<DrainWork>) =>
  receive(stage, new Arrivals(false), () => stage.work.messages);
export const receiveSteadily = (stage: Stage<SteadyWork>) =>
  receive(stage, new Arrivals(true), ({ committed }: Sent) => Object.keys(committed).length);

async function receive<Other>(
  stage: Stage<DrainWork>,
  arrivals: Arrivals,
  wanted: (other: Other) => number,
): Promise<Lasting<Listening, Other, Taken>> {
  const { databaseUrl, work } = stage;
  await withClient(databaseUrl, async (client) => {
    for (const table of [PURCHASE_TABLE, ENTRY_TABLE, SEEN_TABLE]) await client.query(table);
  });
  await settle(databaseUrl);
  const pool = new pg.Pool({ connectionString: databaseUrl, max: CONNECTIONS });
  const inlet = await PIPES[work.transport].receive(optionsOf(stage), async (letter) => {
    const events: PlainEvent[] = JSON.parse(letter);
    arrivals.add(await takeOnce(pool, events));
  });
  return {
    ready: { port: inlet.port },
    end: async (other) => {
      const taken = await arrivals.all(wanted(other), databaseUrl, 'public.entry');
      await inlet.close();
      await pool.end();
      return taken;
    },
  };
}

/** The effects of those events that were not seen before, and that they were seen, in one transaction. */
async function takeOnce(pool: pg.Pool, events: readonly PlainEvent[]): Promise<string[]> {
  const client = await pool.connect();
  try {
    await client.query('begin');
    const ids = events.map(({ id }) => id);
    const { rows } = await client.query<{ id: string }>({ name: 'seen', text: INSERT_SEEN, values: [ids] });
    const fresh = new Set(rows.map(({ id }) => id));
    const purchases = events.filter(({ id }) => fresh.has(id)).map(({ data }) => data);
    await client.query({ name: 'effects', text: INSERT_ENTRIES, values: entriesValues(purchases) });
    await client.query('commit');
    return [...fresh];
  } finally {
    client.release();
  }
}

/** Sends what is in memory already, as many letters at once as are taken at once. */
export async function drain(stage: StageBeside<DrainWork, Listening>): Promise<Lasting<Begun>> {
  const { transport, messages, eventsALetter, atOnce } = stage.work;
  const pages = [...purchasesBy(PAGE, messages)].map((page) => lettersOf(page.map(eventOf), eventsALetter));
  const begin = machineTime();
  const outlet = await PIPES[transport].open(optionsOf(stage), stage.beside.port);
  const lane = async () => {
    for (let page = pages.shift(); page; page = pages.shift()) await outlet.send(page());
  };
  const sending = Promise.all(Array.from({ length: Math.min(atOnce, LANES) }, lane));
  return {
    ready: { begin },
    end: async () => {
      await sending;
      await outlet.close();
    },
  };
}

const OUTBOX_TABLES = [
  'create table outbox (id bigint generated always as identity, lane int, event text, primary key (lane, id))',
  'create table sent (lane int primary key, id bigint not null)',
];
const FILL_OUTBOX = 'insert into outbox (lane, event) select * from unnest($1::int[], $2::text[])';
const READ_PAGE = 'select id, event from outbox where lane = $1 and id > $2 order by id limit $3';
const MOVE = 'insert into sent (lane, id) values ($1, $2) on conflict (lane) do update set id = excluded.id';

/** What {@link relay} sends. */
export async function fillOutbox({ databaseUrl, work }: Stage<DrainWork>): Promise<void> {
  await withClient(databaseUrl, async (client) => {
    for (const table of OUTBOX_TABLES) await client.query(table);
    for (const page of purchasesBy(PAGE * LANES, work.messages))
      await client.query(FILL_OUTBOX, [
        page.map((_, n) => n % LANES),
        page.map((each) => JSON.stringify(eventOf(each))),
      ]);
  });
}

/** Sends what an outbox holds, a page at a time in each lane, and keeps how far it has come. */
export async function relay(stage: StageBeside<DrainWork, Listening>): Promise<Lasting<Begun>> {
  const { transport, eventsALetter } = stage.work;
  const begin = machineTime();
  const outlet = await PIPES[transport].open(optionsOf(stage), stage.beside.port);
  const pool = new pg.Pool({ connectionString: stage.databaseUrl, max: CONNECTIONS });
  const lane = async (number: number) => {
    for (let after = '0'; ; ) {
      const { rows } = await pool.query<{ id: string; event: string }>({
        name: 'page',
        text: READ_PAGE,
        values: [number, after, eventsALetter],
      });
      const last = rows.at(-1);
      if (!last) return;
      await outlet.send([`[${rows.map(({ event }) => event).join(',')}]`]);
      after = last.id;
      await pool.query({ name: 'move', text: MOVE, values: [number, after] });
    }
  };
  const sending = Promise.all(Array.from({ length: LANES }, (_, number) => lane(number)));
  return {
    ready: { begin },
    end: async () => {
      await sending;
      await outlet.close();
      await pool.end();
    },
  };
}

/** Seamline's own: rows a page, and partitions. */
const PAGE = 500;
const LANES = 4;

/** Written when they are sent, as Seamline's are. */
function lettersOf(events: readonly PlainEvent[], eventsALetter: number): () => string[] {
  return () => {
    const letters: string[] = [];
    for (let n = 0; n < events.length; n += eventsALetter)
      letters.push(JSON.stringify(events.slice(n, n + eventsALetter)));
    return letters;
  };
}

/** A dual write at a steady rate: the row is committed, and then its event is sent. */
export async function publish(stage: StageBeside<SteadyWork, Listening>): Promise<Lasting<Sent>> {
  const { transport, perSecond, warmUpSeconds, seconds } = stage.work;
  const outlet = await PIPES[transport].open(optionsOf(stage), stage.beside.port);
  const pool = new pg.Pool({ connectionString: stage.databaseUrl, max: CONNECTIONS });
  const committed: Record<string, number> = {};
  const begin = machineTime() + warmUpSeconds * 1000;
  let n = 0;
  await atASteadyRate(perSecond, warmUpSeconds + seconds, async () => {
    const purchase = purchaseNumber(n++);
    await pool.query(INSERT_PURCHASE, purchaseValues(purchase));
    committed[purchase.purchase] = machineTime();
    await outlet.send([JSON.stringify([eventOf(purchase)])]);
  });
  const end = async () => {
    await outlet.close();
    await pool.end();
  };
  return { ready: { begin, committed }, end };
}

function optionsOf(stage: Stage<DrainWork>): PipeOptions {
  return { ...stage, queue: new URL(stage.databaseUrl).pathname.slice(1), atOnce: stage.work.atOnce };
}

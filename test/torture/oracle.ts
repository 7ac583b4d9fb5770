import type pg from 'pg';
import { REMINDED_EVERY } from './modules/contract.js';

/** A way of messages: what was truly sent, and what rows it made at its end. Both are queries. */
interface Flow {
  readonly name: string;
  /** `key, n, stroke` of what must arrive, and nothing else may. */
  readonly sent: string;
  /** `seq, key, n, stroke` of what has. */
  readonly arrived: string;
  /** Whether messages of a key must have arrived in their order. */
  readonly ordered: boolean;
}

const MODULES = ['ledger', 'mirror', 'audit'];

/** `ledger.entry` is the truth: a row stands there if and only if the transaction that published was committed. */
const entries = (where: string) => `select key, n, stroke from ledger.entry where ${where}`;
const effects = (table: string) => `select seq, key, n, stroke from ${table}`;
const deadLetters = MODULES.map(
  (module) =>
    `select id, key, (envelope #>> '{data,n}')::int, (envelope #>> '{data,stroke}')::uuid from ${module}.dead_letter`,
).join(' union all ');

const POSTED = entries('not cursed');
const TABLES = {
  'posted: ledger → mirror': 'mirror.posting',
  'posted: ledger → audit, in batches': 'audit.posting',
  'confirm: mirror → ledger': 'ledger.confirmation',
  'confirmed: ledger → audit': 'audit.confirmation',
};
const REMINDERS = 'mirror.reminder';

const FLOWS: readonly Flow[] = [
  ...Object.entries(TABLES).map(([name, table]) => ({ name, sent: POSTED, arrived: effects(table), ordered: true })),
  {
    name: 'remind: mirror to itself, delayed',
    sent: entries(`not cursed and n % ${REMINDED_EVERY} = 0`),
    arrived: effects(REMINDERS),
    ordered: false,
  },
  {
    name: 'cursed: ledger → dead letters',
    sent: entries('cursed'),
    arrived: `select * from (${deadLetters}) d (seq, key, n, stroke)`,
    ordered: true,
  },
];

export interface Judgement {
  readonly flow: string;
  readonly sent: number;
  readonly arrived: number;
  readonly lost: number;
  readonly doubled: number;
  /** Arrived after a later one of its key. */
  readonly disordered: number;
  /** Arrived although it was never committed. */
  readonly unfounded: number;
  /** Some of what is wrong, such as `plain-3 #17 is doubled`. */
  readonly examples: readonly string[];
}

/** What may be wrong with a message. */
export const VIOLATIONS = ['lost', 'doubled', 'disordered', 'unfounded'] as const;
export type Violation = (typeof VIOLATIONS)[number];

/** Judges by rows alone what became of everything that was committed. */
export class Oracle {
  constructor(private readonly pool: pg.Pool) {}

  /** What has not arrived, and what waits in the receivers' schemas, a sentence each; empty when all has drained. */
  async waiting(): Promise<string[]> {
    const sentences = await Promise.all([
      ...FLOWS.map((flow) => this.missingFrom(flow)),
      ...MODULES.flatMap((module) => ['parked', 'delayed'].map((table) => this.rowsLeftIn(`${module}.${table}`))),
    ]);
    return sentences.filter((sentence) => sentence !== undefined);
  }

  judge(): Promise<Judgement[]> {
    return Promise.all(FLOWS.map((flow) => this.judgeFlow(flow)));
  }

  /** Rows that handlers have left. */
  async effects(): Promise<number> {
    const sum = [...Object.values(TABLES), REMINDERS].map((table) => `(select count(*) from ${table})`).join(' + ');
    const [row] = await this.ask<{ rows: string }>(`select ${sum} as rows`);
    return Number(row?.rows);
  }

  private async missingFrom({ name, sent, arrived }: Flow): Promise<string | undefined> {
    const [row] = await this.ask<{ missing: number; of: number; example: string | null }>(
      `select count(*) filter (where a.seq is null)::int as missing, count(*)::int as of,
              min(key || ' #' || n) filter (where a.seq is null) as example
         from (${sent}) s left join (${arrived}) a using (key, n, stroke)`,
    );
    if (!row || row.missing === 0) return undefined;
    return `${name}: ${row.missing} of ${row.of} have not arrived, such as ${row.example}`;
  }

  private async rowsLeftIn(table: string): Promise<string | undefined> {
    const [row] = await this.ask<{ left: number; example: string | null }>(
      `select count(*)::int as left, min(envelope::text) as example from ${table}`,
    );
    if (!row || row.left === 0) return undefined;
    return `${table}: ${row.left} rows wait, such as ${row.example}`;
  }

  private async judgeFlow({ name, sent, arrived, ordered }: Flow): Promise<Judgement> {
    const [row] = await this.ask<Omit<Judgement, 'flow'>>(
      `with first as (
         select key, n, stroke, min(seq) as seq, count(*) as times from (${arrived}) a group by key, n, stroke
       ), placed as (
         select *, n < max(n) over (partition by key order by seq rows unbounded preceding) as late from first
       ), verdict as (
         select key, n, p.times, s.n is not null as sent, p.n is null as lost, p.times > 1 as doubled,
                ${ordered} and p.late as disordered, s.n is null as unfounded
           from (${sent}) s full join placed p using (key, n, stroke)
       )
       select count(*) filter (where sent)::int as sent, coalesce(sum(times), 0)::int as arrived,
              count(*) filter (where lost)::int as lost, count(*) filter (where doubled)::int as doubled,
              count(*) filter (where disordered)::int as disordered,
              count(*) filter (where unfounded)::int as unfounded,
              array(select key || ' #' || n || ' is ' || concat_ws(' and ',
                      case when lost then 'lost' end, case when doubled then 'doubled' end,
                      case when disordered then 'out of order' end,
                      case when unfounded then 'there, but was never committed' end)
                      from verdict where lost or doubled or disordered or unfounded
                     order by key, n limit 5) as examples
         from verdict`,
    );
    return { flow: name, ...(row as Omit<Judgement, 'flow'>) };
  }

  private async ask<Row extends pg.QueryResultRow>(query: string): Promise<Row[]> {
    return (await this.pool.query<Row>(query)).rows;
  }
}

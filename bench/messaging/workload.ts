import { randomUUID } from 'node:crypto';
import type { Span } from '../harness/load.js';
import { withClient } from '../harness/postgres.js';

/** What happens, whoever carries it: a purchase is placed, and a ledger hears of it and writes one row. */
export interface Purchase {
  readonly purchase: string;
  /** The ordering key. */
  readonly customer: string;
  readonly amount: string;
}

const CUSTOMERS = 1000;

/** The nth purchase; by turns of all the customers. */
export function purchaseNumber(n: number): Purchase {
  return { purchase: randomUUID(), customer: `customer-${n % CUSTOMERS}`, amount: `${1 + (n % 100)}.50` };
}

export function* purchases(count: number): Generator<Purchase> {
  for (let n = 0; n < count; n++) yield purchaseNumber(n);
}

/** The same purchases in pieces, for whoever can take many at once. */
export function* purchasesBy(size: number, count: number): Generator<Purchase[]> {
  for (let done = 0; done < count; done += size) {
    yield Array.from({ length: Math.min(size, count - done) }, (_, n) => purchaseNumber(done + n));
  }
}

/** The business row. */
export const PURCHASE_TABLE = `
  create table purchase (
    id uuid primary key,
    customer text not null,
    amount numeric(18, 4) not null,
    placed_at timestamptz not null default now()
  )`;
export const INSERT_PURCHASE = 'insert into purchase (id, customer, amount) values ($1, $2, $3)';
export const purchaseValues = ({ purchase, customer, amount }: Purchase) => [purchase, customer, amount];

/** The effect. Nothing in it refuses a second one of the same purchase: doubles are to be seen. */
export const ENTRY_TABLE = `
  create table entry (
    id bigint generated always as identity primary key,
    purchase uuid not null,
    customer text not null,
    amount numeric(18, 4) not null
  )`;
export const INSERT_ENTRY = 'insert into entry (purchase, customer, amount) values ($1, $2, $3)';
export const INSERT_ENTRIES = `
  insert into entry (purchase, customer, amount)
  select * from unnest($1::uuid[], $2::text[], $3::numeric[])`;
export const entriesValues = (many: readonly Purchase[]) => [
  many.map(({ purchase }) => purchase),
  many.map(({ customer }) => customer),
  many.map(({ amount }) => amount),
];

export interface PublishWork extends Span {
  readonly clients: number;
}

export interface DrainWork {
  readonly messages: number;
}

/** What was counted when all was over; a candidate that found other than expected has lost or doubled something. */
export interface Check {
  readonly what: string;
  readonly expected: number;
  readonly found: number;
}

export interface Checked {
  readonly checks: readonly Check[];
}

/** @param counts for each thing that must be there `expected` times, the query that counts it */
export async function checkCounts(
  databaseUrl: string,
  expected: number,
  counts: Readonly<Record<string, string>>,
): Promise<Check[]> {
  return withClient(databaseUrl, async (client) => {
    const checks: Check[] = [];
    for (const [what, query] of Object.entries(counts)) {
      const { rows } = await client.query<{ count: string }>(query);
      checks.push({ what, expected, found: Number(rows[0]?.count) });
    }
    return checks;
  });
}

/** Every message had its effect, and none had two. */
export function checkEffects(databaseUrl: string, expected: number, table = 'public.entry'): Promise<Check[]> {
  return checkCounts(databaseUrl, expected, {
    effects: `select count(*) from ${table}`,
    'different effects': `select count(distinct purchase) from ${table}`,
  });
}

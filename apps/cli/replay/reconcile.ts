import type Big from 'big.js';
import { sumOf, ZERO } from './exact-money.js';
import { customerName, type Document, demandOf, isDocument, type Movement, type Plan } from './plan.js';

/** What became of the plan, as the shop tells it. */
export interface Evidence {
  documents: Map<Document, DocumentEvidence>;
  stock: Map<string, StockEvidence>;
  /** What was sent and refused, of any kind. */
  refusals: Refusal[];
}

export interface DocumentEvidence {
  status: string;
  reason: string | undefined;
  /** The total as the orders module states it. */
  total: Big;
  /** An order's captured less refunded, a return's credit note; both as positive amounts. */
  billed: Big;
  /** An earlier run had sent it already. */
  replayed: boolean;
  placedAt: number | undefined;
  settledAt: number | undefined;
}

export interface StockEvidence {
  /** Available before this file's first run. */
  before: number;
  /** Available now; undefined where inventory does not say. */
  available: number | undefined;
}

export interface Refusal {
  what: string;
  reason: string;
}

export interface MoneyRow {
  customer: string;
  file: Big;
  billing: Big;
}

export interface StockRow {
  movement: Movement;
  before: number | undefined;
  file: number | undefined;
  inventory: number | undefined;
}

export interface DocumentRow {
  document: Document;
  status: string;
  reason: string | undefined;
  total: Big | undefined;
}

export interface Reconciliation {
  plan: Plan;
  states: { kind: Document['kind']; status: string; count: number }[];
  documents: { compared: number; different: DocumentRow[] };
  money: { compared: number; different: MoneyRow[]; guest: MoneyRow | undefined; total: MoneyRow };
  stock: { compared: number; different: StockRow[] };
  refusals: Refusal[];
  unsettled: number;
  replayed: number;
  pace: Pace | undefined;
}

/** By the orders' own history, so that the pace is the shop's and not that of this command's polling. */
export interface Pace {
  orders: number;
  seconds: number;
  p50Ms: number;
  p99Ms: number;
}

const GOOD_END: Record<Document['kind'], string[]> = { order: ['confirmed', 'shipped'], return: ['completed'] };
const UNSETTLED: Record<Document['kind'], string> = { order: 'placed', return: 'requested' };

export function isSettled(kind: Document['kind'], status: string): boolean {
  return status !== UNSETTLED[kind];
}

/** What billing should say of a document that came to a good end. */
export function endedWell(kind: Document['kind'], status: string): boolean {
  return GOOD_END[kind].includes(status);
}

export function expectedStock({ before }: Pick<StockEvidence, 'before'>, movement: Movement): number {
  return before + demandOf(movement) - movement.ordered + movement.returned - movement.adjusted;
}

export function reconcile(plan: Plan, evidence: Evidence): Reconciliation {
  const documents = plan.documents.filter(isDocument);
  return {
    plan,
    states: statesOf(evidence.documents),
    documents: {
      compared: documents.length,
      different: documents.flatMap((document) => documentRow(document, evidence)),
    },
    money: moneyOf(documents, evidence),
    stock: stockOf(plan, evidence),
    refusals: evidence.refusals,
    unsettled: [...evidence.documents].filter(([{ kind }, { status }]) => !isSettled(kind, status)).length,
    replayed: [...evidence.documents.values()].filter(({ replayed }) => replayed).length,
    pace: paceOf([...evidence.documents].filter(([{ kind }]) => kind === 'order').map(([, seen]) => seen)),
  };
}

export function differences({ documents, money, stock, refusals }: Reconciliation): number {
  return documents.different.length + money.different.length + stock.different.length + refusals.length;
}

function statesOf(documents: Evidence['documents']): Reconciliation['states'] {
  const states = new Map<string, Reconciliation['states'][number]>();
  for (const [{ kind }, { status }] of documents) {
    const state = states.get(`${kind} ${status}`) ?? { kind, status, count: 0 };
    state.count++;
    states.set(`${kind} ${status}`, state);
  }
  return [...states.values()].sort((a, b) => a.kind.localeCompare(b.kind) || a.status.localeCompare(b.status));
}

/** A document that was refused has no evidence; it is listed among the refusals. */
function documentRow(document: Document, evidence: Evidence): DocumentRow[] {
  const seen = evidence.documents.get(document);
  if (!seen || (endedWell(document.kind, seen.status) && seen.total.eq(document.total))) return [];
  return [{ document, status: seen.status, reason: seen.reason, total: seen.total }];
}

function moneyOf(documents: Document[], evidence: Evidence): Reconciliation['money'] {
  const rows = new Map<string, MoneyRow>();
  for (const document of documents) {
    const customer = customerName(document.customer);
    const row = rows.get(customer) ?? { customer, file: ZERO, billing: ZERO };
    row.file = row.file.plus(signed(document, document.total));
    row.billing = row.billing.plus(signed(document, evidence.documents.get(document)?.billed ?? ZERO));
    rows.set(customer, row);
  }
  const all = [...rows.values()];
  return {
    compared: all.length,
    different: all.filter(({ file, billing }) => !file.eq(billing)),
    guest: rows.get(customerName(undefined)),
    total: {
      customer: 'total',
      file: sumOf(all.map(({ file }) => file)),
      billing: sumOf(all.map((row) => row.billing)),
    },
  };
}

function signed({ kind }: Document, amount: Big): Big {
  return kind === 'order' ? amount : ZERO.minus(amount);
}

function stockOf({ movements }: Plan, evidence: Evidence): Reconciliation['stock'] {
  const rows = movements.map((movement): StockRow => {
    const seen = evidence.stock.get(movement.sku);
    const file = seen && expectedStock(seen, movement);
    return { movement, before: seen?.before, file, inventory: seen?.available };
  });
  const agrees = ({ file, inventory }: StockRow) => file !== undefined && file === inventory;
  return { compared: rows.length, different: rows.filter((row) => !agrees(row)) };
}

function paceOf(orders: DocumentEvidence[]): Pace | undefined {
  const times = orders.flatMap(({ placedAt, settledAt }) =>
    placedAt === undefined || settledAt === undefined ? [] : [{ placedAt, settledAt }],
  );
  if (times.length === 0) return undefined;
  const latencies = times.map(({ placedAt, settledAt }) => settledAt - placedAt).sort((a, b) => a - b);
  const first = times.reduce((least, { placedAt }) => Math.min(least, placedAt), Number.POSITIVE_INFINITY);
  const last = times.reduce((most, { settledAt }) => Math.max(most, settledAt), 0);
  return {
    orders: times.length,
    seconds: (last - first) / 1000,
    p50Ms: percentile(latencies, 0.5),
    p99Ms: percentile(latencies, 0.99),
  };
}

/** Nearest rank. */
function percentile(sorted: number[], share: number): number {
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? 0;
}

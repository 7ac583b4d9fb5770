import type Big from 'big.js';
import { amountOf, CURRENCY } from './exact-money.js';
import { MAX_LINES, type Plan } from './plan.js';
import { differences, type MoneyRow, type Reconciliation, type StockRow } from './reconcile.js';
import { table } from './table.js';

/** Where everything differs, the first rows show as much as all of them. */
const MAX_ROWS = 50;

/** The reconciliation as lines of text, the verdict last. */
export function report(result: Reconciliation, malformed: number): string[] {
  return [
    ...invoices(result.plan, malformed),
    ...states(result),
    ...refusals(result),
    ...documents(result),
    ...money(result),
    ...stock(result),
    ...pace(result),
    '',
    verdict(result),
  ];
}

function invoices({ counts, documents, notices }: Plan, malformed: number): string[] {
  const sent = (kind: string) => String(documents.filter((document) => document.kind === kind).length);
  const row = (title: string, kind: 'order' | 'return' | 'adjustment') => [
    title,
    String(counts[kind].invoices),
    String(counts[kind].lines),
    sent(kind),
  ];
  const split = documents.filter((document) => document.kind !== 'adjustment' && document.label.includes('(part'));
  return [
    '',
    ...table(
      ['In the file', 'invoices', 'lines', 'sent'],
      [
        row('orders', 'order'),
        row('returns', 'return'),
        row('stock adjustments', 'adjustment'),
        ['malformed', '', String(malformed), ''],
      ],
    ),
    ...(split.length > 0 ? [`Invoices of more than ${MAX_LINES} lines go in ${split.length} parts.`] : []),
    ...some(notices),
  ];
}

function states({ states, replayed }: Reconciliation): string[] {
  const rows = states.map(({ kind, status, count }) => [`${kind}s ${status}`, String(count)]);
  const earlier = replayed > 0 ? [`${replayed} of them had been sent by an earlier run.`] : [];
  return ['', ...table(['By state', 'count'], rows), ...earlier];
}

function refusals({ refusals }: Reconciliation): string[] {
  if (refusals.length === 0) return [];
  return ['', 'Refused', ...some(refusals.map(({ what, reason }) => `${what}: ${reason}`))];
}

function documents({ documents: { different } }: Reconciliation): string[] {
  if (different.length === 0) return [];
  const rows = different.map(({ document, status, reason, total }) => [
    document.label,
    status,
    amountOf(document.total),
    total === undefined ? '' : amountOf(total),
    reason ?? '',
  ]);
  return ['', ...some(table(['Orders that differ', 'state', 'file says', 'orders says', 'reason'], rows))];
}

function money({ money: { compared, different, guest, total } }: Reconciliation): string[] {
  const differing = different.filter((row) => row !== guest);
  const rows = [...differing.slice(0, MAX_ROWS), ...(guest ? [guest] : []), total].map(moneyRow);
  return [
    '',
    ...table([`Money by customer, ${CURRENCY}`, 'file says', 'billing says', 'difference'], rows),
    `${customersIn({ compared, guest })} customers compared, ${differing.length} differ`,
  ];
}

function customersIn({ compared, guest }: Pick<Reconciliation['money'], 'compared' | 'guest'>): number {
  return guest ? compared - 1 : compared;
}

function moneyRow({ customer, file, billing }: MoneyRow): string[] {
  return [customer, amountOf(file), amountOf(billing), difference(billing.minus(file))];
}

function difference(amount: Big): string {
  return amount.eq(0) ? '' : amountOf(amount);
}

function stock({ stock: { compared, different } }: Reconciliation): string[] {
  const summary = `${compared} SKUs compared, ${different.length} differ`;
  if (different.length === 0) return ['', 'Stock by SKU', summary];
  const header = [
    'Stock by SKU',
    'before',
    'received',
    'ordered',
    'returned',
    'adjusted',
    'file says',
    'inventory says',
  ];
  return ['', ...some(table(header, different.map(stockRow))), summary];
}

function stockRow({ movement: { sku, ordered, returned, adjusted }, before, file, inventory }: StockRow): string[] {
  const numbers = [before, ordered + adjusted, -ordered, returned, -adjusted, file, inventory];
  return [sku, ...numbers.map((number) => (number === undefined ? '?' : String(number)))];
}

function pace({ pace }: Reconciliation): string[] {
  if (!pace) return [];
  const { orders, seconds, p50Ms, p99Ms } = pace;
  const rate = seconds > 0 ? `, ${(orders / seconds).toFixed(1)} orders/s` : '';
  return [
    '',
    `${orders} orders settled in ${seconds.toFixed(1)} s${rate}; placed to settled p50 ${p50Ms} ms, p99 ${p99Ms} ms` +
      " (by the orders' own history).",
  ];
}

function verdict(result: Reconciliation): string {
  const { unsettled, plan, money, stock } = result;
  const count = differences(result);
  if (unsettled > 0)
    return `Not reconciled: orders and returns not settled yet: ${unsettled}; ${number(count, 'difference')}.`;
  if (count > 0) return `Not reconciled: ${number(count, 'difference')}, listed above.`;
  const { order, return: returned } = plan.counts;
  return (
    `Everything reconciles: ${number(order.invoices, 'order')} and ${number(returned.invoices, 'return')}, ` +
    `${amountOf(money.total.billing)} ${CURRENCY} of ${number(customersIn(money), 'customer')}${money.guest ? ' and guests' : ''}, ${number(stock.compared, 'SKU')}.`
  );
}

function some(lines: string[]): string[] {
  if (lines.length <= MAX_ROWS) return lines;
  return [...lines.slice(0, MAX_ROWS), `… and ${lines.length - MAX_ROWS} more`];
}

function number(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

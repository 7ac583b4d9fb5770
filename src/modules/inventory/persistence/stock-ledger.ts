import type { Transaction } from '#kernel/persistence/unit-of-work';
import type { Line } from '../domain/lines.js';
import { EFFECT, type Movement } from '../domain/movement.js';
import type { Stock } from '../domain/stock.js';

/*
 * Lock order, free of deadlocks:
 *   1. the turn, by whoever will lock more than one SKU   2. the rows of stock
 * Rows in order of SKU would do for one order a transaction. But the receiver takes many messages in one, and their
 * orders together are in no order: two such transactions could wait for each other. So they take turns, and those that
 * lock one SKU only (a receipt, an adjustment) need none: they hold one row and wait for nothing after it.
 */

/** Waits until no other transaction, of any instance, is about to lock several SKUs. Kept to the transaction's end. */
export async function takeTurn(tx: Transaction): Promise<void> {
  await tx.query(`select pg_advisory_xact_lock(hashtextextended('seamline.inventory.turn', 0))`);
}

/** Locks the stock of these SKUs and answers it by SKU; unknown ones are missing. */
export async function lockStock(tx: Transaction, skus: readonly string[]): Promise<Map<string, Stock>> {
  const found = await tx.query<StockRow>(`select ${STOCK_COLUMNS} from stock where sku = any ($1) for update`, [skus]);
  return new Map(found.map((row) => [row.sku, toStock(row)]));
}

/**
 * Changes stock as that kind of movement does, and writes it into the ledger; in one statement, whatever the number of
 * lines. Answers the stock after it. `lines` must name each SKU once, and SKUs that are there.
 */
export async function moveStock(tx: Transaction, movement: Movement, lines: readonly Line[]): Promise<Stock[]> {
  const { kind, reference = null, reason = null } = movement;
  const moved = await tx.query<StockRow>(
    `with line as (
       select * from unnest($1::text[], $2::bigint[]) as line (sku, quantity)
     ), moved as (
       update stock set on_hand = on_hand + quantity * $3::int, reserved = reserved + quantity * $4::int
         from line where stock.sku = line.sku
       returning stock.sku, stocked, on_hand, reserved, quantity
     ), noted as (
       insert into movement (sku, kind, quantity, reference, reason) select sku, $5, quantity, $6, $7 from moved
     )
     select ${STOCK_COLUMNS} from moved`,
    [
      lines.map(({ sku }) => sku),
      lines.map(({ quantity }) => quantity),
      EFFECT[kind].onHand,
      EFFECT[kind].reserved,
      kind,
      reference,
      reason,
    ],
  );
  return moved.map(toStock);
}

/** Whether the ledger has a movement of that kind for the reference. Settled only for whoever has taken the turn. */
export async function hasMoved(tx: Transaction, kind: Movement['kind'], reference: string): Promise<boolean> {
  const found = await tx.query('select 1 from movement where reference = $1 and kind = $2 limit 1', [reference, kind]);
  return found.length > 0;
}

export const STOCK_COLUMNS = 'sku, stocked, on_hand, reserved';

export interface StockRow {
  sku: string;
  stocked: boolean;
  on_hand: string;
  reserved: string;
}

export function toStock({ sku, stocked, on_hand, reserved }: StockRow): Stock {
  return { sku, stocked, onHand: Number(on_hand), reserved: Number(reserved) };
}

import Big from 'big.js';
import type { Money } from '#kernel/contract/money';
import { money } from '#kernel/contract/money';
import type { Transaction } from '#kernel/persistence/unit-of-work';
import type { Offer } from '../domain/order-lines.js';

/** The catalog's products as orders remembers them: its own projection, kept by the catalog's events. */
export async function offersFor(tx: Transaction, skus: readonly string[]): Promise<Offer[]> {
  const rows = await tx.query<{ sku: string; amount: string; currency: string; stocked: boolean }>(
    'select sku, amount, currency, stocked from offer where sku = any ($1)',
    [[...new Set(skus)]],
  );
  return rows.map(({ sku, amount, currency, stocked }) => ({ sku, price: money(new Big(amount), currency), stocked }));
}

export async function rememberOffer(tx: Transaction, { sku, price, stocked }: Offer): Promise<void> {
  await tx.query(
    `insert into offer (sku, amount, currency, stocked) values ($1, $2, $3, $4)
     on conflict (sku) do update set amount = excluded.amount, currency = excluded.currency, stocked = excluded.stocked`,
    [sku, price.amount, price.currency, stocked],
  );
}

export async function repriceOffer(tx: Transaction, sku: string, price: Money): Promise<void> {
  await tx.query('update offer set amount = $2, currency = $3 where sku = $1', [sku, price.amount, price.currency]);
}

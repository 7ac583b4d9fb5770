import { LockMode } from '@mikro-orm/core';
import type { Transaction } from '#kernel/persistence/unit-of-work';
import { GoodsReturn } from '../domain/goods-return.js';

/** Notes one half of a return as done: the goods are on the shelf, or the customer is credited. */
export async function progressReturn(
  tx: Transaction,
  reference: string,
  done: 'backOnShelf' | 'credited',
): Promise<void> {
  const goods = await tx.em.findOne(GoodsReturn, { id: reference }, { lockMode: LockMode.PESSIMISTIC_WRITE });
  if (goods) goods[done] = true;
}

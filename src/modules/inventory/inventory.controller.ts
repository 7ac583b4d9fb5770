import { Body, Controller, Get, Param, Post } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { z } from 'zod';
import { Allow } from '#kernel/http/access';
import { created } from '#kernel/http/answer';
import { Idempotent } from '#kernel/http/idempotency';
import { Refuses, Returns } from '#kernel/http/openapi';
import { availableOf, type Stock } from './domain/stock.js';
import { AdjustStock } from './use-cases/adjust-stock.js';
import { GetStock } from './use-cases/get-stock.js';
import { ReceiveStock } from './use-cases/receive-stock.js';

const MOST_AT_ONCE = 1_000_000_000;

const StockView = z.object({
  sku: z.string(),
  onHand: z.int().nonnegative(),
  reserved: z.int().nonnegative().describe('set aside for orders; still on hand'),
  available: z.int().nonnegative().describe('on hand and not reserved'),
});
const Receipt = z.strictObject({ quantity: z.int().min(1).max(MOST_AT_ONCE) });
const Adjustment = z.strictObject({
  quantity: z
    .int()
    .min(-MOST_AT_ONCE)
    .max(MOST_AT_ONCE)
    .refine((quantity) => quantity !== 0, 'must not be zero: nothing would change')
    .describe('what to add; with a minus, what to take away'),
  reason: z.string().trim().min(1).max(500),
});

@Controller('inventory/stock/:sku')
export class InventoryController {
  constructor(
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
  ) {}

  @Get()
  @Returns(200, StockView, 'The stock.')
  @Refuses({ 404: 'no such product, or one that is not kept in stock' })
  async get(@Param('sku') sku: string) {
    return view(await this.queries.execute(new GetStock(sku)));
  }

  @Post('receipts')
  @Allow('admin')
  @Idempotent()
  @Returns(201, StockView, 'The stock with what came in.')
  @Refuses({ 404: 'no such product', 422: 'not kept in stock, or more than can be counted' })
  async receive(@Param('sku') sku: string, @Body({ schema: Receipt }) { quantity }: z.output<typeof Receipt>) {
    return created(view(await this.commands.execute(new ReceiveStock(sku, quantity))), addressOf(sku));
  }

  @Post('adjustments')
  @Allow('admin')
  @Idempotent()
  @Returns(201, StockView, 'The stock as adjusted.')
  @Refuses({ 404: 'no such product', 422: 'not kept in stock, or more would be taken away than is available' })
  async adjust(
    @Param('sku') sku: string,
    @Body({ schema: Adjustment }) { quantity, reason }: z.output<typeof Adjustment>,
  ) {
    return created(view(await this.commands.execute(new AdjustStock(sku, quantity, reason))), addressOf(sku));
  }
}

function addressOf(sku: string): string {
  return `/inventory/stock/${encodeURIComponent(sku)}`;
}

function view(stock: Stock): z.infer<typeof StockView> {
  const { sku, onHand, reserved } = stock;
  return { sku, onHand, reserved, available: availableOf(stock) };
}

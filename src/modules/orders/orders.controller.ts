import { Body, Controller, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { z } from 'zod';
import { DomainError } from '#kernel/contract/domain-error';
import { Money } from '#kernel/contract/money';
import { Allow, CurrentPrincipal, ownerUnless } from '#kernel/http/access';
import { accepted } from '#kernel/http/answer';
import { Idempotent } from '#kernel/http/idempotency';
import { Refuses, Returns } from '#kernel/http/openapi';
import { pageOf, pageQuery } from '#kernel/http/pagination';
import type { Principal } from '#kernel/http/tokens';
import { Uuid } from '#kernel/http/uuid';
import type { GoodsReturn } from './domain/goods-return.js';
import type { Order } from './domain/order.js';
import { CancelOrder } from './use-cases/cancel-order.js';
import { GetOrder } from './use-cases/get-order.js';
import { GetReturn } from './use-cases/get-return.js';
import { ListOrders } from './use-cases/list-orders.js';
import { type PlacedOrder, PlaceOrder } from './use-cases/place-order.js';
import { ReturnGoods } from './use-cases/return-goods.js';

const Lines = z
  .array(
    z.strictObject({
      sku: z.string().min(1).max(40),
      quantity: z.int().min(1).max(1_000_000),
      unitPrice: Money.optional().describe("for sales only; else the catalog's"),
    }),
  )
  .min(1)
  .max(1_000);
const NewOrder = z.strictObject({
  lines: Lines,
  customerId: Uuid.optional().describe('for sales only; without it a guest orders'),
  payment: z.strictObject({ token: z.string().min(1).max(200) }),
});
const NewReturn = z.strictObject({ lines: Lines, customerId: Uuid.optional().describe('a guest without it') });

const Status = z.enum(['placed', 'confirmed', 'shipped', 'rejected', 'cancelled']);
const LineView = z.object({ sku: z.string(), quantity: z.int(), unitPrice: Money });
const OrderSummary = z.object({
  id: z.uuid(),
  status: Status,
  customerId: z.uuid().nullable(),
  total: Money,
  placedAt: z.iso.datetime(),
});
const OrderView = OrderSummary.extend({
  lines: z.array(LineView),
  cancellationRequested: z.boolean(),
  history: z.array(z.object({ status: Status, at: z.iso.datetime(), reason: z.string().optional() })),
});
const PlacedOrderView = OrderView.extend({
  expected: z
    .enum(['available', 'short', 'unknown'])
    .describe(
      'what inventory says of the stock just now; a hint that nothing depends on, unknown without a quick answer',
    ),
  expectedPayment: z
    .enum(['likely', 'unlikely', 'unknown'])
    .describe('what the payment provider says of the token just now; a hint likewise'),
});
const ReturnView = z.object({
  id: z.uuid(),
  status: z.enum(['requested', 'completed']),
  customerId: z.uuid().nullable(),
  lines: z.array(LineView),
  total: Money,
});
const OrderSearch = z.strictObject({ ...pageQuery, after: Uuid.optional(), status: Status.optional() });

@Controller('orders')
export class OrdersController {
  constructor(
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
  ) {}

  @Post()
  @Idempotent()
  @HttpCode(202)
  @Returns(202, PlacedOrderView, 'Taken on; whether it is met is told at its Location.')
  @Refuses({ 403: 'prices and customers are for sales to set', 422: 'an unknown sku, or what breaks the schema' })
  async place(@Body({ schema: NewOrder }) body: z.output<typeof NewOrder>, @CurrentPrincipal() principal: Principal) {
    mayOrder(body, principal);
    const customerId = isSales(principal) ? (body.customerId ?? null) : principal.id;
    const { order, prospects }: PlacedOrder = await this.commands.execute(
      new PlaceOrder({ customerId, lines: body.lines, paymentToken: body.payment.token }),
    );
    return accepted({ ...view(order), ...prospects }, `/orders/${order.id}`);
  }

  @Get()
  @Returns(200, pageOf(OrderSummary), 'Newest first; a customer sees only theirs.')
  async list(
    @Query({ schema: OrderSearch }) filter: z.output<typeof OrderSearch>,
    @CurrentPrincipal() principal: Principal,
  ) {
    const { items, next } = await this.queries.execute(
      new ListOrders({ ...filter, owner: ownerUnless(principal, 'sales') }),
    );
    return { items: items.map(summary), next };
  }

  @Get(':id')
  @Returns(200, OrderView, 'The order.')
  @Refuses({ 404: 'no such order, or not yours' })
  async get(@Param('id', { schema: Uuid }) id: string, @CurrentPrincipal() principal: Principal) {
    return view(await this.queries.execute(new GetOrder(id, ownerUnless(principal, 'sales'))));
  }

  @Post(':id/cancellation')
  @Idempotent()
  @HttpCode(202)
  @Returns(202, OrderView, 'The wish is noted; whether it came in time is told at the order.')
  @Refuses({ 404: 'no such order, or not yours', 409: 'it is too late' })
  async cancel(@Param('id', { schema: Uuid }) id: string, @CurrentPrincipal() principal: Principal) {
    const order: Order = await this.commands.execute(new CancelOrder(id, ownerUnless(principal, 'sales')));
    return accepted(view(order), `/orders/${id}`);
  }

  @Post('returns')
  @Allow('sales')
  @Idempotent()
  @HttpCode(202)
  @Returns(202, ReturnView, 'Taken on: the goods go back on the shelf, a credit note follows.')
  @Refuses({ 422: 'an unknown sku, or what breaks the schema' })
  async return(@Body({ schema: NewReturn }) { lines, customerId }: z.output<typeof NewReturn>) {
    const goods: GoodsReturn = await this.commands.execute(new ReturnGoods({ customerId: customerId ?? null, lines }));
    return accepted(returnView(goods), `/orders/returns/${goods.id}`);
  }

  @Get('returns/:id')
  @Returns(200, ReturnView, 'The return.')
  @Refuses({ 404: 'no such return, or not yours' })
  async getReturn(@Param('id', { schema: Uuid }) id: string, @CurrentPrincipal() principal: Principal) {
    return returnView(await this.queries.execute(new GetReturn(id, ownerUnless(principal, 'sales'))));
  }
}

function isSales({ roles }: Principal): boolean {
  return roles.includes('sales');
}

function mayOrder({ lines, customerId }: z.output<typeof NewOrder>, principal: Principal): void {
  if (isSales(principal)) return;
  const errors = [
    ...(customerId === undefined ? [] : [{ field: 'customerId', message: 'is for sales only; leave it out' }]),
    ...lines.flatMap(({ unitPrice }, at) =>
      unitPrice === undefined ? [] : [{ field: `lines[${at}].unitPrice`, message: 'is for sales only; leave it out' }],
    ),
  ];
  if (errors.length === 0) return;
  throw new DomainError('forbidden', 'sales-only', 'Only sales sets prices and customers.', { errors });
}

function summary({ id, status, customerId, total, history }: Order): z.infer<typeof OrderSummary> {
  return { id, status, customerId, total, placedAt: history[0]?.at ?? '' };
}

function view(order: Order): z.infer<typeof OrderView> {
  const { cancellationRequested, history } = order;
  return { ...summary(order), lines: lineViews(order), cancellationRequested, history: [...history] };
}

function returnView(goods: GoodsReturn): z.infer<typeof ReturnView> {
  const { id, status, customerId, total } = goods;
  return { id, status, customerId, lines: lineViews(goods), total };
}

function lineViews({ lines }: Pick<Order, 'lines'>): z.infer<typeof LineView>[] {
  return lines.map(({ sku, quantity, unitPrice }) => ({ sku, quantity, unitPrice }));
}

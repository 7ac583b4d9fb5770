import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { v7 as uuidv7 } from 'uuid';
import { UnitOfWork } from '#kernel/persistence/unit-of-work';
import { OrderPlaced } from '../contract/order-placed.js';
import { Order } from '../domain/order.js';
import { priceLines, type WantedLine } from '../domain/order-lines.js';
import { offersFor } from './offers.js';
import { type Prospects, ProspectsOfOrders } from './prospects.js';

export class PlaceOrder {
  constructor(
    readonly wanted: {
      customerId: string | null;
      lines: readonly WantedLine[];
      paymentToken: string;
    },
  ) {}
}

export interface PlacedOrder {
  readonly order: Order;
  readonly prospects: Prospects;
}

@CommandHandler(PlaceOrder)
export class PlaceOrderHandler implements ICommandHandler<PlaceOrder> {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly prospects: ProspectsOfOrders,
  ) {}

  /** The prospects are asked for meanwhile, and refuse nothing: whether the order can be met, the checkout finds out. */
  async execute({ wanted }: PlaceOrder): Promise<PlacedOrder> {
    const [order, prospects] = await Promise.all([this.place(wanted), this.prospects.of(wanted)]);
    return { order, prospects };
  }

  private place(wanted: PlaceOrder['wanted']): Promise<Order> {
    return this.unitOfWork.transaction(async (tx) => {
      const offers = await offersFor(
        tx,
        wanted.lines.map(({ sku }) => sku),
      );
      const order = new Order({ ...wanted, id: uuidv7(), lines: priceLines(wanted.lines, offers) }, new Date());
      tx.em.persist(order);
      const { id: orderId, customerId, total } = order;
      const lines = order.lines.map(({ sku, quantity, unitPrice }) => ({ sku, quantity, unitPrice }));
      tx.publish(OrderPlaced, { orderId, customerId, lines, total }, order.version);
      return order;
    });
  }
}

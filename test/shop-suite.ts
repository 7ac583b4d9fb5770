import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { askUntil, type OrderView, type ShopFront } from './shop.js';

const gbp = (amount: string) => ({ amount, currency: 'GBP' });
const paidBy = (token: string) => ({ payment: { token } });

/** A shop that is open, wherever its modules live. */
export interface OpenShop extends ShopFront {
  close(): Promise<void>;
}

/** What the shop promises over HTTP, to whoever knows nothing of it but its address. */
export function theShop(open: () => Promise<OpenShop>): void {
  let shop: OpenShop;
  let alice: { id: string; token: string };

  beforeAll(async () => {
    shop = await open();
    alice = await shop.customer();
  }, 180_000);
  afterAll(() => shop?.close());

  const payment = async (orderId: string) =>
    (await shop.request('GET', `/billing/payments/${orderId}`, { token: shop.admin })).body;
  const shipment = (orderId: string) => shop.request('GET', `/shipping/shipments/${orderId}`, { token: shop.admin });
  const dispatch = (orderId: string) =>
    shop.request('POST', `/shipping/shipments/${orderId}/dispatch`, { token: shop.admin });
  const cancel = (orderId: string, token = alice.token) =>
    shop.request('POST', `/orders/${orderId}/cancellation`, { token });

  it('confirms an order once stock is reserved, money is taken and a shipment waits, and ships it', async () => {
    const sku = await shop.product({ price: '2.55', stock: 10 });

    const order = await shop.order(alice.token, { lines: [{ sku, quantity: 4 }], ...paidBy('tok_ok') });

    expect(order).toMatchObject({ status: 'confirmed', customerId: alice.id, total: gbp('10.20') });
    expect(await shop.stock(sku)).toMatchObject({ onHand: 10, reserved: 4, available: 6 });
    expect(await payment(order.id)).toMatchObject({ captured: gbp('10.20'), refunded: gbp('0.00') });
    expect((await shipment(order.id)).status).toBe(200);

    expect((await dispatch(order.id)).status).toBe(202);
    const shipped = await shop.settled(order.id, ({ status }) => status === 'shipped');
    expect(shipped.history.map(({ status }) => status)).toEqual(['placed', 'confirmed', 'shipped']);
    expect(await shop.stock(sku)).toMatchObject({ onHand: 6, reserved: 0, available: 6 });
    expect((await cancel(order.id)).status).toBe(409);
  });

  it('rejects an order whose payment is declined, and gives the stock back', async () => {
    const sku = await shop.product({ price: '9', stock: 5 });
    const order = await shop.order(alice.token, { lines: [{ sku, quantity: 5 }], ...paidBy('tok_declined') });

    expect(order.status).toBe('rejected');
    expect(order.history.at(-1)?.reason).toContain('payment-declined');
    expect(await shop.stock(sku)).toMatchObject({ onHand: 5, reserved: 0 });
  });

  it('rejects an order beyond stock, takes no money, and says what was short', async () => {
    const enough = await shop.product({ price: '1', stock: 5 });
    const scarce = await shop.product({ price: '1', stock: 1 });
    const lines = [
      { sku: enough, quantity: 1 },
      { sku: scarce, quantity: 1 },
      { sku: scarce, quantity: 1 },
    ];
    const order = await shop.order(alice.token, { lines, ...paidBy('tok_ok') });

    expect(order.status).toBe('rejected');
    expect(order.history.at(-1)?.reason).toContain(`${scarce}: 2 wanted, 1 available`);
    expect(await shop.stock(enough)).toMatchObject({ reserved: 0 });
    expect((await shop.request('GET', `/billing/payments/${order.id}`, { token: shop.admin })).status).toBe(404);
  });

  it('rejects an order whose payment provider never answers, and holds up nobody meanwhile', async () => {
    const sku = await shop.product({ price: '1', stock: 5 });
    const lines = [{ sku, quantity: 1 }];
    const [late, prompt] = await Promise.all([
      shop.order(alice.token, { lines, ...paidBy('tok_timeout') }),
      shop.order(alice.token, { lines, ...paidBy('tok_ok') }),
    ]);

    expect(prompt.status).toBe('confirmed');
    expect(late.status).toBe('rejected');
    expect(late.history.at(-1)?.reason).toContain('timeout');
    expect(await shop.stock(sku)).toMatchObject({ reserved: 1 });
  });

  it('cancels a confirmed order: shipment stopped, money back, stock free', async () => {
    const sku = await shop.product({ price: '3.10', stock: 2 });
    const order = await shop.order(alice.token, { lines: [{ sku, quantity: 2 }], ...paidBy('tok_ok') });

    expect((await cancel(order.id)).status).toBe(202);
    const cancelled = await shop.settled(order.id, ({ status }) => status === 'cancelled');

    expect(cancelled.history.map(({ status }) => status)).toEqual(['placed', 'confirmed', 'cancelled']);
    expect(await shop.stock(sku)).toMatchObject({ onHand: 2, reserved: 0 });
    expect(await payment(order.id)).toMatchObject({ captured: gbp('6.20'), refunded: gbp('6.20') });
    expect((await dispatch(order.id)).status).toBe(409);
    expect((await cancel(order.id)).status).toBe(409);
  });

  it('cancels an order at whatever stage it is met, and leaves nothing reserved or charged', async () => {
    const sku = await shop.product({ price: '5', stock: 30 });
    const ended = await Promise.all(
      Array.from({ length: 15 }, async (_, n) => {
        const body = { lines: [{ sku, quantity: 1 }], ...paidBy('tok_ok') };
        const { id } = (await shop.request<OrderView>('POST', '/orders', { token: alice.token, body })).body;
        await new Promise((resolve) => setTimeout(resolve, n * 7));
        expect((await cancel(id)).status).toBe(202);
        return shop.settled(id, ({ status }) => status === 'cancelled');
      }),
    );

    expect(await shop.stock(sku)).toMatchObject({ onHand: 30, reserved: 0 });
    for (const { id } of ended) {
      const { status, captured, refunded } = await payment(id);
      if (status !== 404) expect(refunded).toEqual(captured);
    }
  });

  it('lets shipping decide when a cancellation meets a dispatch: shipped and paid, or cancelled and refunded', async () => {
    const sku = await shop.product({ price: '5', stock: 12 });
    const orders = await Promise.all(
      Array.from({ length: 12 }, () => shop.order(alice.token, { lines: [{ sku, quantity: 1 }], ...paidBy('tok_ok') })),
    );
    await Promise.all(orders.flatMap(({ id }, n) => (n % 2 ? [cancel(id), dispatch(id)] : [dispatch(id), cancel(id)])));
    const ended = await Promise.all(
      orders.map(({ id }) => shop.settled(id, ({ status }) => status === 'shipped' || status === 'cancelled')),
    );

    const shipped = ended.filter(({ status }) => status === 'shipped').length;
    expect(await shop.stock(sku)).toEqual({ sku, onHand: 12 - shipped, reserved: 0, available: 12 - shipped });
    for (const { id, status } of ended) {
      expect(await payment(id)).toMatchObject({ refunded: status === 'shipped' ? gbp('0.00') : gbp('5.00') });
    }
  });

  it('sells exactly the last 10 pieces to 50 who want one at the same time', async () => {
    const sku = await shop.product({ price: '1', stock: 10 });
    const orders = await Promise.all(
      Array.from({ length: 50 }, () => shop.order(alice.token, { lines: [{ sku, quantity: 1 }], ...paidBy('tok_ok') })),
    );
    expect(orders.filter(({ status }) => status === 'confirmed')).toHaveLength(10);
    expect(orders.filter(({ status }) => status === 'rejected')).toHaveLength(40);
    expect(await shop.stock(sku)).toMatchObject({ onHand: 10, reserved: 10, available: 0 });
  });

  it('asks for no payment when the total is zero, and for no stock when nothing is kept in stock', async () => {
    const free = await shop.product({ price: '0', stock: 3 });
    const postage = await shop.product({ price: '18', stocked: false });

    const gift = await shop.order(alice.token, { lines: [{ sku: free, quantity: 3 }], ...paidBy('tok_declined') });
    expect(gift.status).toBe('confirmed');
    const service = await shop.order(alice.token, { lines: [{ sku: postage, quantity: 2 }], ...paidBy('tok_ok') });
    expect(service).toMatchObject({ status: 'confirmed', total: gbp('36.00') });
    await dispatch(service.id);
    await shop.settled(service.id, ({ status }) => status === 'shipped');
  });

  it('lets sales sell to a guest at prices of its own, one sku on several lines, but not a customer', async () => {
    const sku = await shop.product({ price: '2', stock: 10 });
    const lines = [
      { sku, quantity: 1, unitPrice: gbp('1.25') },
      { sku, quantity: 2, unitPrice: gbp('0.425') },
    ];
    const order = await shop.order(shop.admin, { lines, ...paidBy('tok_ok') });
    expect(order).toMatchObject({ status: 'confirmed', customerId: null, total: gbp('2.10') });

    const body = { lines, ...paidBy('tok_ok') };
    const refused = await shop.request('POST', '/orders', { token: alice.token, body });
    expect(refused.status).toBe(403);
    expect(refused.body.errors).toHaveLength(2);
  });

  it('refuses an unknown sku by name and stores nothing', async () => {
    const sku = await shop.product({ price: '2', stock: 10 });
    const before = await shop.request<{ items: OrderView[] }>('GET', '/orders?limit=200', { token: shop.admin });
    const body = {
      lines: [
        { sku, quantity: 1 },
        { sku: 'NO-SUCH', quantity: 1 },
      ],
      ...paidBy('tok_ok'),
    };
    const refused = await shop.request('POST', '/orders', { token: alice.token, body });

    expect(refused.status).toBe(422);
    expect(refused.headers.get('content-type')).toContain('application/problem+json');
    expect(refused.body.errors).toEqual([expect.objectContaining({ field: 'lines[1].sku' })]);
    const after = await shop.request<{ items: OrderView[] }>('GET', '/orders?limit=200', { token: shop.admin });
    expect(after.body.items).toHaveLength(before.body.items.length);
  });

  it('sells at the price of the moment', async () => {
    const sku = await shop.product({ price: '2', stock: 10 });
    const price = { token: shop.admin, body: { price: gbp('3') } };
    expect((await shop.request('PUT', `/catalog/products/${sku}/price`, price)).status).toBe(200);
    const order = await shop.order(alice.token, { lines: [{ sku, quantity: 1 }], ...paidBy('tok_ok') });
    expect(order.total).toEqual(gbp('3.00'));
  });

  it('places one order for one idempotency key, and refuses the key for another body', async () => {
    const sku = await shop.product({ price: '2', stock: 10 });
    const place = (quantity: number) =>
      shop.request<OrderView>('POST', '/orders', {
        token: alice.token,
        headers: { 'idempotency-key': `order-of-${sku}` },
        body: { lines: [{ sku, quantity }], ...paidBy('tok_ok') },
      });
    const answers = await Promise.all([place(1), place(1), place(1)]);
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([202]));
    expect(new Set(answers.map(({ body }) => body.id)).size).toBe(1);
    expect((await place(2)).status).toBe(409);
    await shop.settled(answers[0]?.body.id ?? '');
    expect(await shop.stock(sku)).toMatchObject({ reserved: 1 });
  });

  it("keeps a customer's order from another customer, who cannot tell it from none", async () => {
    const bob = await shop.customer();
    const sku = await shop.product({ price: '2', stock: 10 });
    const order = await shop.order(alice.token, { lines: [{ sku, quantity: 1 }], ...paidBy('tok_ok') });
    const ask = (path: string, method = 'GET') => shop.request(method, path, { token: bob.token });

    const paths = [`/orders/${order.id}`, `/billing/payments/${order.id}`, `/shipping/shipments/${order.id}`];
    for (const path of paths) expect((await ask(path)).status).toBe(404);
    expect((await ask(`/orders/${order.id}/cancellation`, 'POST')).status).toBe(404);
    expect((await ask(`/billing/accounts/${alice.id}`)).status).toBe(403);
    expect((await ask('/orders')).body).toEqual({ items: [], next: null });
    expect((await shop.request('GET', `/orders/${order.id}`, { token: alice.token })).status).toBe(200);
  });

  it('takes goods back, even more than were bought: on the shelf again, and credited', async () => {
    const sku = await shop.product({ price: '2', stock: 1 });
    const discount = await shop.product({ price: '27.5', stocked: false });
    const lines = [
      { sku, quantity: 5, unitPrice: gbp('1.5') },
      { sku: discount, quantity: 1 },
    ];
    const request = { token: shop.admin, body: { customerId: alice.id, lines } };
    const taken = await shop.request<{ id: string }>('POST', '/orders/returns', request);
    expect(taken.status).toBe(202);
    expect(taken.body).toMatchObject({ status: 'requested', total: gbp('35.00') });

    const location = taken.headers.get('location') ?? '';
    const taking = async () => (await shop.request<{ status: string }>('GET', location, { token: shop.admin })).body;
    await askUntil(taking, ({ status }) => status === 'completed');
    expect(await shop.stock(sku)).toMatchObject({ onHand: 6, available: 6 });
    const account = await shop.request('GET', `/billing/accounts/${alice.id}`, { token: shop.admin });
    expect(account.body.credited).toEqual(gbp('35.00'));
    expect((await shop.request('POST', '/orders/returns', { ...request, token: alice.token })).status).toBe(403);
  });

  it('says that it is ready', async () => {
    expect((await shop.request('GET', '/health/ready')).status).toBe(200);
  });
}

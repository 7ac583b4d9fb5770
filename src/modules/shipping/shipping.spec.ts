import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { MessageType } from '#kernel/contract/message';
import { type Scenario, startScenario } from '#test/scenario';
import { CancelShipment } from './contract/cancel-shipment.js';
import { CreateShipment } from './contract/create-shipment.js';
import { ShipmentCancellationRefused } from './contract/shipment-cancellation-refused.js';
import { ShipmentCancelled } from './contract/shipment-cancelled.js';
import { ShipmentCreated } from './contract/shipment-created.js';
import { ShipmentDispatched } from './contract/shipment-dispatched.js';
import { ShippingModule } from './shipping.module.js';

const lines = [{ sku: '85123A', quantity: 6 }];
type Event = MessageType & { kind: 'event' };

describe('shipping', () => {
  let shipping: Scenario;
  let admin: string;

  beforeAll(async () => {
    shipping = await startScenario([ShippingModule]);
    admin = await shipping.tokenFor({ id: randomUUID(), roles: ['admin', 'sales'] });
  });
  afterAll(() => shipping.close());

  const told = (event: Event, reference: string): unknown[] =>
    shipping.events(event).filter((payload) => (payload as { reference: string }).reference === reference);
  /** Waits until the event has been told so many times of this shipment. */
  const heard = (event: Event, reference: string, times = 1) =>
    shipping.event(event, () => told(event, reference).length === times);

  const create = (reference: string, customerId: string | null = null) =>
    shipping.send(CreateShipment, { reference, customerId, lines });
  const cancel = (reference: string) => shipping.send(CancelShipment, { reference });
  const get = (reference: string, token = admin) =>
    shipping.request('GET', `/shipping/shipments/${reference}`, { token });
  const dispatch = (reference: string, token = admin) =>
    shipping.request('POST', `/shipping/shipments/${reference}/dispatch`, { token });
  const waiting = async (customerId: string | null = null) => {
    const reference = randomUUID();
    await create(reference, customerId);
    await heard(ShipmentCreated, reference);
    return reference;
  };

  it('prepares a shipment that waits for dispatch', async () => {
    const order = await waiting();
    expect(await get(order)).toMatchObject({
      status: 200,
      body: { orderId: order, status: 'waiting', lines, dispatchedAt: null },
    });
  });

  it('answers again when it is asked again, with the shipment that there is', async () => {
    const order = await waiting();
    await shipping.send(CreateShipment, { reference: order, customerId: randomUUID(), lines: [] });
    await heard(ShipmentCreated, order, 2);
    expect((await get(order)).body).toMatchObject({ status: 'waiting', lines });
  });

  it('dispatches once, however often it is told to', async () => {
    const order = await waiting();
    const first = await dispatch(order);
    const second = await dispatch(order);

    expect(first.status).toBe(202);
    expect(first.headers.get('location')).toBe(`/shipping/shipments/${order}`);
    expect(first.body).toMatchObject({ orderId: order, status: 'dispatched', dispatchedAt: expect.any(String) });
    expect(second).toMatchObject({ status: 202, body: first.body });
    await create(order);
    await heard(ShipmentCreated, order, 2);
    expect(told(ShipmentDispatched, order)).toHaveLength(1);
  });

  it('dispatches once when told twice at once', async () => {
    const order = await waiting();
    const [first, second] = await Promise.all([dispatch(order), dispatch(order)]);
    expect(first.body).toEqual(second.body);
    await heard(ShipmentDispatched, order);
    expect(told(ShipmentDispatched, order)).toHaveLength(1);
  });

  it('cancels what has not left the house', async () => {
    const order = await waiting();
    await cancel(order);
    await heard(ShipmentCancelled, order);
    expect((await get(order)).body).toMatchObject({ status: 'cancelled', dispatchedAt: null });
    expect(await dispatch(order)).toMatchObject({ status: 409, body: { type: 'urn:problem:shipment-cancelled' } });
    await cancel(order);
    await heard(ShipmentCancelled, order, 2);
  });

  it('refuses to cancel what has left the house', async () => {
    const order = await waiting();
    await dispatch(order);
    await cancel(order);
    expect(await shipping.event(ShipmentCancellationRefused, ({ reference }) => reference === order)).toEqual({
      reference: order,
      reason: 'dispatched',
    });
    expect((await get(order)).body).toMatchObject({ status: 'dispatched' });
  });

  it('prepares nothing for an order that was cancelled before', async () => {
    const order = randomUUID();
    await cancel(order);
    await heard(ShipmentCancelled, order);
    await create(order);
    await heard(ShipmentCancelled, order, 2);
    expect(told(ShipmentCreated, order)).toHaveLength(0);
    expect((await get(order)).body).toMatchObject({ status: 'cancelled', lines: [] });
  });

  it('shows a shipment to staff and to its customer, and hides it from everyone else', async () => {
    const [anna, bert] = [randomUUID(), randomUUID()];
    const order = await waiting(anna);
    const guests = await waiting(null);
    const asCustomer = (id: string) => shipping.tokenFor({ id, roles: ['customer'] });

    expect((await get(order, await asCustomer(anna))).status).toBe(200);
    expect((await get(order, await shipping.tokenFor({ id: bert, roles: ['sales'] }))).status).toBe(200);
    const hidden = await get(order, await asCustomer(bert));
    expect(hidden).toMatchObject({ status: 404, body: { type: 'urn:problem:unknown-shipment' } });
    expect((await get(guests, await asCustomer(anna))).status).toBe(404);
    expect((await shipping.request('GET', `/shipping/shipments/${order}`)).status).toBe(401);
  });

  it('lets only an admin dispatch', async () => {
    const order = await waiting();
    const sales = await shipping.tokenFor({ id: randomUUID(), roles: ['sales'] });
    expect((await dispatch(order, sales)).status).toBe(403);
    expect((await get(order)).body).toMatchObject({ status: 'waiting' });
  });

  it.each(['0', 'x'.repeat(90), '%20', "'", '00000000-0000-0000-0000-00000000000g', '{}'])(
    'knows no shipment by what is no id: %s',
    async (id) => {
      expect([404, 422]).toContain((await get(id)).status);
      expect([404, 422]).toContain((await dispatch(id)).status);
    },
  );

  it('knows no shipment of an order that it was never told of', async () => {
    expect((await get(randomUUID())).status).toBe(404);
    expect((await dispatch(randomUUID())).status).toBe(404);
  });
});

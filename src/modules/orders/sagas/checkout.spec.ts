import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import type { MessageType, Payload } from '#kernel/contract/message';
import { PaymentAuthorised } from '#modules/billing/contract/payment-authorised';
import { PaymentCaptured } from '#modules/billing/contract/payment-captured';
import { PaymentDeclined } from '#modules/billing/contract/payment-declined';
import { PaymentReversed } from '#modules/billing/contract/payment-reversed';
import { ProductAdded } from '#modules/catalog/contract/product-added';
import { ReservationFulfilled } from '#modules/inventory/contract/reservation-fulfilled';
import { StockRefused } from '#modules/inventory/contract/stock-refused';
import { StockReleased } from '#modules/inventory/contract/stock-released';
import { StockReserved } from '#modules/inventory/contract/stock-reserved';
import { ShipmentCancellationRefused } from '#modules/shipping/contract/shipment-cancellation-refused';
import { ShipmentCancelled } from '#modules/shipping/contract/shipment-cancelled';
import { ShipmentCreated } from '#modules/shipping/contract/shipment-created';
import { ShipmentDispatched } from '#modules/shipping/contract/shipment-dispatched';
import { type Scenario, startScenario } from '#test/scenario';
import { OrdersModule } from '../orders.module.js';

type Event = MessageType & { kind: 'event' };
type Stage = 'stock' | 'authorisation' | 'capture' | 'shipment' | 'dispatch' | 'cancellation' | 'fulfilment';

/** What ends each stage on the way to a shipped order, as its owner says it. */
const WAY: [Stage, Event][] = [
  ['stock', StockReserved],
  ['authorisation', PaymentAuthorised],
  ['capture', PaymentCaptured],
  ['shipment', ShipmentCreated],
  ['dispatch', ShipmentDispatched],
  ['fulfilment', ReservationFulfilled],
];
const FORWARD = ['reserve-stock', 'authorise-payment', 'capture-payment', 'create-shipment'];
/** How far each stage before the shipment has come, and what takes it back. */
const UNDONE: [Stage, string[], string[]][] = [
  ['stock', FORWARD.slice(0, 1), ['release-stock']],
  ['authorisation', FORWARD.slice(0, 2), ['reverse-payment', 'release-stock']],
  ['capture', FORWARD.slice(0, 3), ['reverse-payment', 'release-stock']],
];
const UNDO_ANSWERS: Record<string, Event> = { 'reverse-payment': PaymentReversed, 'release-stock': StockReleased };
/** What some events say beside whom they are about. */
const DETAILS: Record<string, object> = {
  [StockRefused.name]: { shortages: [] },
  [PaymentCaptured.name]: { amount: { amount: '5.00', currency: 'GBP' } },
  [PaymentDeclined.name]: { reason: 'no-funds' },
  [ShipmentCancellationRefused.name]: { reason: 'dispatched' },
};
const PATIENCE_MS = 30_000;
const SKU = 'TEAPOT';

describe('the checkout', () => {
  let scenario: Scenario;
  let sql: pg.Client;
  let token: string;

  beforeAll(async () => {
    scenario = await startScenario([OrdersModule]);
    sql = new pg.Client({ connectionString: scenario.databaseUrl });
    await sql.connect();
    token = await scenario.tokenFor({ id: randomUUID(), roles: ['customer'] });
    const price = { amount: '2.50', currency: 'GBP' };
    await scenario.publish(ProductAdded, { sku: SKU, name: 'Teapot', price, stocked: true });
    await until('orders knows the product', async () => (await sql.query('select from orders.offer')).rowCount === 1);
  });
  afterAll(async () => {
    await sql?.end();
    await scenario?.close();
  });

  const place = async () => {
    const body = { lines: [{ sku: SKU, quantity: 2 }], payment: { token: 'tok' } };
    const id = (await scenario.request('POST', '/orders', { token, body })).body.id as string;
    await awaiting(id, 'stock');
    return id;
  };
  const order = async (id: string) => (await scenario.request('GET', `/orders/${id}`, { token })).body;
  const cancel = (id: string) => scenario.request('POST', `/orders/${id}/cancellation`, { token });
  const say = (event: Event, reference: string) =>
    scenario.publish(event, { reference, ...DETAILS[event.name] } as Payload<Event>);
  const process = async (id: string) =>
    (await sql.query(`select status, state ->> 'awaiting' as awaiting, timers from orders.saga where key = $1`, [id]))
      .rows[0];
  const awaiting = (id: string, stage: Stage) =>
    until(`${id} awaits ${stage}`, async () => (await process(id))?.awaiting === stage);
  const settled = (id: string, status: string) =>
    until(`${id} is ${status}`, async () => (await order(id)).status === status);

  /** The commands sent for the order so far, by their short names. */
  const commands = async (id: string): Promise<string[]> => {
    const { rows } = await sql.query(
      `select type from orders.outbox where key = $1 and type not like 'orders.%' order by id`,
      [id],
    );
    return rows.map(({ type }) => /\.(.+)\.v1$/.exec(type)?.[1] ?? type);
  };
  const sent = (id: string, command: string) =>
    until(`${command} is sent for ${id}`, async () => (await commands(id)).includes(command));

  /** An order whose process waits at that stage, everything before it having gone well. */
  const orderAt = async (stage: Stage) => {
    const id = await place();
    for (const [passed, answer] of WAY) {
      await awaiting(id, passed);
      if (passed === stage) break;
      await say(answer, id);
    }
    return id;
  };
  const goOnFrom = async (id: string, stage: Stage) => {
    for (const [passed, answer] of WAY.slice(WAY.findIndex(([each]) => each === stage))) {
      await awaiting(id, passed);
      await say(answer, id);
    }
  };

  /** A day goes by for the order, and its timer, if it has one, has been handled. */
  const dayGoesBy = async (id: string) => {
    const { rows } = await sql.query(
      `update orders.delayed set due_at = now() where envelope -> 'data' ->> 'key' = $1 returning id`,
      [id],
    );
    const ids = rows.map((row) => row.id);
    expect(ids).not.toEqual([]);
    const delayed = 'select from orders.delayed where id = any ($1)';
    await until('the timer has run out', async () => (await sql.query(delayed, [ids])).rowCount === 0);
    const parked = 'select from orders.parked where key = $1';
    await until('what it meant is done', async () => (await sql.query(parked, [id])).rowCount === 0);
  };
  const takenBack = async (id: string, undoing: string[]) => {
    for (const command of undoing) {
      await sent(id, command);
      await say(UNDO_ANSWERS[command] as Event, id);
    }
  };
  const lastReason = async (id: string) => ((await order(id)).history as { reason?: string }[]).at(-1)?.reason;
  const isTimed = async (id: string) => 'undecided' in (await process(id)).timers;

  it('goes from a placed order to a shipped one', async () => {
    const id = await orderAt('stock');
    await goOnFrom(id, 'stock');
    await settled(id, 'shipped');
    expect(await commands(id)).toEqual([...FORWARD, 'fulfil-reservation']);
  });

  describe('that a day has gone by for', () => {
    it.each(UNDONE)('gives up while it awaits %s', async (stage, done, undoing) => {
      const id = await orderAt(stage);
      await dayGoesBy(id);
      await takenBack(id, undoing);
      await settled(id, 'rejected');
      expect(await lastReason(id)).toBe('undecided-for-a-day');
      expect(await commands(id)).toEqual([...done, ...undoing]);
    });

    it('gives up only once the shipment, which may yet come to be, has been stopped', async () => {
      const id = await orderAt('shipment');
      await dayGoesBy(id);
      await awaiting(id, 'cancellation');
      expect(await commands(id)).toEqual([...FORWARD, 'cancel-shipment']);
      expect((await order(id)).status).toBe('placed');

      await say(ShipmentCreated, id);
      await say(ShipmentCancelled, id);
      await takenBack(id, ['reverse-payment', 'release-stock']);
      await settled(id, 'rejected');
      expect(await lastReason(id)).toBe('undecided-for-a-day');
    });

    it('ships what had left the house before it could be stopped', async () => {
      const id = await orderAt('shipment');
      await dayGoesBy(id);
      for (const event of [ShipmentCreated, ShipmentDispatched]) await say(event, id);
      await say(ShipmentCancellationRefused, id);
      await awaiting(id, 'fulfilment');
      expect(await isTimed(id)).toBe(false);
      await say(ReservationFulfilled, id);
      await settled(id, 'shipped');
      expect(await commands(id)).toEqual([...FORWARD, 'cancel-shipment', 'fulfil-reservation']);
    });

    it.each(['a wish to cancel', 'another day'])('waits on for the answer of shipping after %s', async (cause) => {
      const id = await orderAt('shipment');
      if (cause === 'another day') await dayGoesBy(id);
      else await cancel(id);
      await awaiting(id, 'cancellation');
      await dayGoesBy(id);
      expect(await process(id)).toMatchObject({ status: 'running', awaiting: 'cancellation' });
      expect(await isTimed(id)).toBe(true);
      expect((await commands(id)).at(-1)).toBe('cancel-shipment');

      await say(ShipmentCancelled, id);
      await takenBack(id, ['reverse-payment', 'release-stock']);
      await settled(id, cause === 'another day' ? 'rejected' : 'cancelled');
    });

    it.each<Stage>(['dispatch', 'fulfilment'])('stays as it is while it awaits %s', async (stage) => {
      const id = await orderAt(stage);
      await dayGoesBy(id);
      expect(await process(id)).toMatchObject({ status: 'running', awaiting: stage });
      await goOnFrom(id, stage);
      await settled(id, 'shipped');
    });

    it.each<[string, Event]>([
      ['it left', ShipmentDispatched],
      ['shipping refused to stop it', ShipmentCancellationRefused],
    ])('has nothing left to decide once %s', async (_cause, answer) => {
      const id = await orderAt('shipment');
      await cancel(id);
      await awaiting(id, 'cancellation');
      await say(answer, id);
      await until('the timer is off', async () => !(await isTimed(id)));
      await dayGoesBy(id);
      expect((await process(id)).status).toBe('running');
      await goOnFrom(id, (await process(id)).awaiting);
      await settled(id, 'shipped');
    });
  });

  describe('that is to be cancelled', () => {
    it.each(UNDONE)('takes back what it did while it awaits %s', async (stage, done, undoing) => {
      const id = await orderAt(stage);
      expect((await cancel(id)).status).toBe(202);
      await takenBack(id, undoing);
      await settled(id, 'cancelled');
      expect(await commands(id)).toEqual([...done, ...undoing]);
    });

    it.each<Stage>(['shipment', 'dispatch'])('lets shipping decide while it awaits %s', async (stage) => {
      const id = await orderAt(stage);
      expect((await cancel(id)).status).toBe(202);
      await awaiting(id, 'cancellation');
      await say(ShipmentCancelled, id);
      await takenBack(id, ['reverse-payment', 'release-stock']);
      await settled(id, 'cancelled');
      expect(await commands(id)).toEqual([...FORWARD, 'cancel-shipment', 'reverse-payment', 'release-stock']);
    });

    it('is asked of shipping once, and refused once the goods have left', async () => {
      const id = await orderAt('dispatch');
      for (const _time of [1, 2]) expect((await cancel(id)).status).toBe(202);
      await awaiting(id, 'cancellation');
      await say(ShipmentCancellationRefused, id);
      await goOnFrom(id, 'dispatch');
      await settled(id, 'shipped');
      expect((await cancel(id)).status).toBe(409);
      expect(await commands(id)).toEqual([...FORWARD, 'cancel-shipment', 'fulfil-reservation']);
    });

    it('is not undone by a wish that comes while the goods leave', async () => {
      const id = await orderAt('fulfilment');
      expect((await cancel(id)).status).toBe(202);
      await say(ReservationFulfilled, id);
      await settled(id, 'shipped');
    });
  });

  it('passes over answers that come after it has given up', async () => {
    const id = await orderAt('capture');
    await cancel(id);
    await sent(id, 'reverse-payment');
    await say(StockRefused, id);
    await say(PaymentCaptured, id);
    await say(PaymentDeclined, id);
    await say(StockReleased, id);
    await takenBack(id, ['reverse-payment', 'release-stock']);
    await settled(id, 'cancelled');

    for (const event of [StockReserved, PaymentAuthorised, PaymentCaptured, ShipmentCreated, ShipmentDispatched]) {
      await say(event, id);
    }
    await orderAt('authorisation');
    expect(await commands(id)).toEqual([...FORWARD.slice(0, 3), 'reverse-payment', 'release-stock']);
    expect((await order(id)).status).toBe('cancelled');
    expect((await sql.query('select reason from orders.dead_letter')).rows).toEqual([]);
  });

  it('takes the order as a concurrent cancellation leaves it, without a second try', async () => {
    const setAside = async () =>
      (await sql.query('select last_value, is_called from orders.parked_seq_seq')).rows[0] as object;
    const id = await orderAt('shipment');
    const before = await setAside();
    const other = new pg.Client({ connectionString: scenario.databaseUrl });
    await other.connect();
    try {
      await other.query('begin');
      await other.query('update orders.customer_order set version = version + 1 where id = $1', [id]);
      await say(ShipmentDispatched, id);
      const waiting = `select from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()`;
      await until('the process waits for it', async () => (await sql.query(waiting)).rowCount === 1);
      await other.query('commit');
    } finally {
      await other.end();
    }
    await awaiting(id, 'fulfilment');
    expect(await setAside()).toEqual(before);
  });
});

async function until(what: string, isSo: () => Promise<boolean>): Promise<void> {
  for (const end = Date.now() + PATIENCE_MS; Date.now() < end; await sleep(10)) if (await isSo()) return;
  throw new Error(`Waited in vain for this: ${what}.`);
}

import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import type { MessageType } from '#kernel/contract/message';
import { type Scenario, startScenario } from '#test/scenario';
import { BillingModule } from './billing.module.js';
import { AuthorisePayment } from './contract/authorise-payment.js';
import { CapturePayment } from './contract/capture-payment.js';
import { CreditNoteIssued } from './contract/credit-note-issued.js';
import { IssueCreditNote } from './contract/issue-credit-note.js';
import { PaymentAuthorised } from './contract/payment-authorised.js';
import { PaymentCaptured } from './contract/payment-captured.js';
import { PaymentDeclined } from './contract/payment-declined.js';
import { PaymentProspect } from './contract/payment-prospect.js';
import { PaymentReversed } from './contract/payment-reversed.js';
import { ReversePayment } from './contract/reverse-payment.js';

type Event = MessageType & { kind: 'event' };
const gbp = (amount: string) => ({ amount, currency: 'GBP' });

describe('billing', () => {
  let billing: Scenario;
  let database: pg.Client;
  let sales: string;

  beforeAll(async () => {
    billing = await startScenario([BillingModule]);
    sales = await billing.tokenFor({ id: randomUUID(), roles: ['sales'] });
    database = new pg.Client({ connectionString: billing.databaseUrl });
    // It is ended by the end of the database.
    database.on('error', () => undefined);
    await database.connect();
  });
  afterAll(() => billing.close());

  const told = (event: Event, reference: string): unknown[] =>
    billing.events(event).filter((payload) => (payload as { reference: string }).reference === reference);
  /** Waits until the event has been told so many times of this reference. */
  const heard = (event: Event, reference: string, times = 1) =>
    billing.event(event, () => told(event, reference).length === times);

  const authorise = async (token: string, customerId: string | null = null, amount = '12.5') => {
    const reference = randomUUID();
    await billing.send(AuthorisePayment, { reference, customerId, amount: gbp(amount), token });
    return reference;
  };
  const capture = (reference: string) => billing.send(CapturePayment, { reference });
  const reverse = (reference: string) => billing.send(ReversePayment, { reference });
  const credit = (reference: string, customerId: string | null, amount: string) =>
    billing.send(IssueCreditNote, { reference, customerId, amount: gbp(amount) });

  const authorised = async (customerId: string | null = null, amount = '12.5') => {
    const reference = await authorise('tok_ok', customerId, amount);
    await heard(PaymentAuthorised, reference);
    return reference;
  };
  const captured = async (customerId: string | null = null, amount = '12.5') => {
    const reference = await authorised(customerId, amount);
    await capture(reference);
    await heard(PaymentCaptured, reference);
    return reference;
  };
  const get = (path: string, token = sales) => billing.request('GET', `/billing/${path}`, { token });
  const payment = async (reference: string) => (await get(`payments/${reference}`)).body;
  /** The states of all that the provider's own books hold of this payment, whatever billing believes. */
  const booked = async (reference: string): Promise<string[]> => {
    const { rows } = await database.query(
      'select state from billing.sandbox_payment join billing.payment using (idempotency_key) where reference = $1',
      [reference],
    );
    return rows.map(({ state }) => state);
  };
  /** What a crash leaves behind between the provider's answer and our note of it, at the moment the claim runs out. */
  const forgetAnswer = (reference: string, status: string) =>
    database.query(`update billing.payment set status = $2, token = 'tok_ok', ask_at = now() where reference = $1`, [
      reference,
      status,
    ]);

  describe('expects of a token', () => {
    it.each([
      ['tok_ok', 'likely'],
      ['tok_declined', 'unlikely'],
      ['tok_nobody-knows', 'unlikely'],
      ['constructor', 'unlikely'],
    ] as const)('%s that a payment is %s, and charges nothing', async (token, payment) => {
      const books = 'select count(*)::int as payments from billing.sandbox_payment';
      const before = (await database.query(books)).rows;
      expect(await billing.ask(PaymentProspect, { token })).toEqual({ payment });
      expect((await database.query(books)).rows).toEqual(before);
    });

    it('nothing while the provider is silent', async () => {
      const asking = billing.ask(PaymentProspect, { token: 'tok_timeout' }, { within: 60 });
      await expect(asking).rejects.toMatchObject({ reason: 'deadline' });
    });
  });

  describe('pays for an order', () => {
    it('by setting the amount aside, and then taking it', async () => {
      const order = await authorised();
      expect(await booked(order)).toEqual(['authorised']);
      expect(await payment(order)).toEqual({
        orderId: order,
        status: 'authorised',
        amount: gbp('12.50'),
        captured: gbp('0.00'),
        refunded: gbp('0.00'),
      });

      await capture(order);
      await heard(PaymentCaptured, order);
      expect(told(PaymentCaptured, order)).toEqual([{ reference: order, amount: gbp('12.50') }]);
      expect(await booked(order)).toEqual(['captured']);
      expect(await payment(order)).toMatchObject({ status: 'captured', captured: gbp('12.50') });
    });

    it.each([
      ['tok_declined', 'card-declined'],
      ['tok_nobody-knows', 'unknown-token'],
      ['constructor', 'unknown-token'],
    ])('not with the token %s', async (token, reason) => {
      const order = await authorise(token);
      await heard(PaymentDeclined, order);
      expect(told(PaymentDeclined, order)).toEqual([{ reference: order, reason }]);
      expect(await payment(order)).toMatchObject({ status: 'declined', reason, captured: gbp('0.00') });
      expect(await booked(order)).toEqual(['declined']);
      await capture(order);
      await heard(PaymentDeclined, order, 2);
    });

    it('once, however often it is told to', async () => {
      const order = await authorised();
      const again = { reference: order, customerId: null, amount: gbp('99'), token: 'tok_declined' };
      await billing.send(AuthorisePayment, again);
      await heard(PaymentAuthorised, order, 2);
      await capture(order);
      await heard(PaymentCaptured, order);
      await capture(order);
      await heard(PaymentCaptured, order, 2);
      await billing.send(AuthorisePayment, again);
      await heard(PaymentAuthorised, order, 3);

      expect(await booked(order)).toEqual(['captured']);
      expect(await payment(order)).toMatchObject({ status: 'captured', captured: gbp('12.50') });
    });

    it('once, though it crashes before it has noted the answer, and tells the outcome', async () => {
      const order = await authorised();
      await forgetAnswer(order, 'pending');
      await heard(PaymentAuthorised, order, 2);
      await capture(order);
      await heard(PaymentCaptured, order);
      await forgetAnswer(order, 'authorised');
      await heard(PaymentCaptured, order, 2);
      expect(await booked(order)).toEqual(['captured']);
    });

    it('in the order of the commands, though all of them come before the provider has answered', async () => {
      const order = await authorise('tok_ok');
      await capture(order);
      await heard(PaymentCaptured, order);
      expect(told(PaymentAuthorised, order)).toHaveLength(1);
    });

    it('though the outcome of another one cannot be noted', async () => {
      await database.query(`
        create function billing.refuse() returns trigger language plpgsql as $$ begin raise 'no room'; end $$;
        create trigger refuse before update on billing.payment for each row
          when (new.amount = 666 and new.status = 'authorised') execute function billing.refuse()`);
      const amounts = ['1', '2', '666', '3', '4'];
      const orders = await Promise.all(amounts.map((amount) => authorise('tok_ok', null, amount)));
      const [stuck = ''] = orders.splice(2, 1);
      for (const order of orders) await heard(PaymentAuthorised, order);
      expect(await payment(stuck)).toMatchObject({ status: 'pending' });

      await database.query('drop function billing.refuse cascade');
      await forgetAnswer(stuck, 'pending');
      await heard(PaymentAuthorised, stuck);
      expect(await booked(stuck)).toEqual(['authorised']);
    });

    it('in the trace of the command, though the provider answers outside of it', async () => {
      const order = await authorised();
      const { rows } = await database.query(
        `select command.event_id = (answer.envelope ->> 'causationid')::uuid as caused,
                command.envelope ->> 'correlationid' = answer.envelope ->> 'correlationid' as correlated
           from probe.outbox command join billing.outbox answer using (key) where key = $1`,
        [order],
      );
      expect(rows).toEqual([{ caused: true, correlated: true }]);
    });

    it('not when nobody has asked for it', async () => {
      const order = randomUUID();
      await capture(order);
      await heard(PaymentDeclined, order);
      expect(told(PaymentDeclined, order)).toEqual([{ reference: order, reason: 'not-requested' }]);
      expect((await get(`payments/${order}`)).status).toBe(404);
    });
  });

  describe('with a provider that keeps silent', () => {
    it('holds up nobody else, gives up after three tries, and lets go of what may have been set aside', async () => {
      const amongSilence = async () => {
        const silent = await Promise.all(Array.from({ length: 100 }, () => authorise('tok_timeout')));
        const began = performance.now();
        return { silent, order: await captured(), took: performance.now() - began };
      };
      /** Before any of the silent ones is given up, and long before each round of them could have been waited for. */
      const [SOON, IN_VAIN] = [7_000, 15_000];
      let among = await amongSilence();
      // A machine that stood still for a moment says nothing of who held up whom.
      for (let n = 0; n < 2 && among.took > SOON; n++) among = await amongSilence();
      const { silent, order, took } = among;
      const [first = ''] = silent;
      expect(took).toBeLessThan(IN_VAIN);
      expect(await payment(order)).toMatchObject({ status: 'captured' });
      expect(await booked(first)).toEqual(['authorised']);
      if (took < SOON) expect(await payment(first)).toMatchObject({ status: 'pending' });

      await billing.restart();
      for (const each of silent) await billing.event(PaymentDeclined, ({ reference }) => reference === each);
      expect(told(PaymentDeclined, first)).toEqual([{ reference: first, reason: 'provider-timeout' }]);
      await reverse(first);
      await heard(PaymentReversed, first);
      expect(await booked(first)).toEqual(['voided']);
      expect(await payment(first)).toMatchObject({ status: 'declined', reason: 'provider-timeout' });
    });

    it('ends a payment that is reversed meanwhile, without another try', async () => {
      const order = await authorise('tok_timeout');
      while ((await booked(order)).length === 0) await sleep(5);
      await reverse(order);
      await heard(PaymentReversed, order);
      expect(await booked(order)).toEqual(['voided']);
      expect(await payment(order)).toMatchObject({ status: 'voided' });
      expect(told(PaymentDeclined, order)).toHaveLength(0);
    });
  });

  describe('reverses', () => {
    it('an authorisation by voiding it', async () => {
      const order = await authorised();
      await reverse(order);
      await heard(PaymentReversed, order);
      expect(await booked(order)).toEqual(['voided']);
      expect(await payment(order)).toMatchObject({ status: 'voided', refunded: gbp('0.00') });
    });

    it('a capture by giving the money back, once', async () => {
      const order = await captured();
      await reverse(order);
      await heard(PaymentReversed, order);
      await reverse(order);
      await heard(PaymentReversed, order, 2);
      expect(await booked(order)).toEqual(['refunded']);
      expect(await payment(order)).toMatchObject({
        status: 'refunded',
        captured: gbp('12.50'),
        refunded: gbp('12.50'),
      });
    });

    it('a payment whose capture is under way', async () => {
      const order = await authorised();
      await capture(order);
      await reverse(order);
      await heard(PaymentReversed, order);
      expect(['voided', 'refunded']).toContain((await booked(order))[0]);
      expect(await payment(order)).toMatchObject({ status: (await booked(order))[0] });
    });

    it('a declined payment by doing nothing', async () => {
      const order = await authorise('tok_declined');
      await heard(PaymentDeclined, order);
      await reverse(order);
      await heard(PaymentReversed, order);
      expect(await payment(order)).toMatchObject({ status: 'declined', reason: 'card-declined' });
    });

    it('a payment that never was, so that a request which comes later is declined', async () => {
      const order = randomUUID();
      await reverse(order);
      await heard(PaymentReversed, order);
      await billing.send(AuthorisePayment, { reference: order, customerId: null, amount: gbp('1'), token: 'tok_ok' });
      await heard(PaymentDeclined, order);
      expect(told(PaymentDeclined, order)).toEqual([{ reference: order, reason: 'reversed' }]);
      expect(await booked(order)).toEqual([]);
    });
  });

  it('credits a customer once for a return, and answers again when asked again', async () => {
    const [customer, goods] = [randomUUID(), randomUUID()];
    await credit(goods, customer, '4.5');
    await heard(CreditNoteIssued, goods);
    await credit(goods, customer, '4.5');
    await heard(CreditNoteIssued, goods, 2);

    expect(told(CreditNoteIssued, goods)[1]).toEqual({ reference: goods, amount: gbp('4.50') });
    expect((await get(`credit-notes/${goods}`)).body).toEqual({
      returnId: goods,
      customerId: customer,
      amount: gbp('4.50'),
    });
    expect((await get(`accounts/${customer}`)).body).toMatchObject({ credited: gbp('4.50') });
  });

  describe('keeps an account', () => {
    it('of all that was taken, given back and credited, to the last digit', async () => {
      const customer = randomUUID();
      await captured(customer, '0.1');
      await captured(customer, '0.2');
      await captured(customer, '99999999999999.9999');
      const returned = await captured(customer, '0.0001');
      await authorised(customer, '7');
      await reverse(returned);
      await heard(PaymentReversed, returned);
      const goods = randomUUID();
      await credit(goods, customer, '0.3');
      await heard(CreditNoteIssued, goods);

      expect((await get(`accounts/${customer}`)).body).toEqual({
        customerId: customer,
        captured: gbp('100000000000000.30'),
        refunded: gbp('0.0001'),
        credited: gbp('0.30'),
      });
    });

    it('of the guests, all together', async () => {
      const before = (await get('accounts/guest')).body as { captured: { amount: string } };
      await captured(null, '1000');
      await captured(randomUUID(), '1');
      const after = (await get('accounts/guest')).body as { captured: { amount: string } };
      expect(Number(after.captured.amount) - Number(before.captured.amount)).toBe(1_000);
    });

    it('of zeros for whoever has paid nothing', async () => {
      const customerId = randomUUID();
      expect(await get(`accounts/${customerId}`)).toMatchObject({
        status: 200,
        body: { customerId, captured: gbp('0.00'), refunded: gbp('0.00'), credited: gbp('0.00') },
      });
    });
  });

  describe('shows', () => {
    const asCustomer = (id: string) => billing.tokenFor({ id, roles: ['customer'] });

    it('a payment to staff and to its customer, and to nobody else', async () => {
      const anna = randomUUID();
      const order = await authorised(anna);
      const guests = await authorised(null);
      expect((await get(`payments/${order}`, await asCustomer(anna))).status).toBe(200);
      expect(await get(`payments/${order}`, await asCustomer(randomUUID()))).toMatchObject({
        status: 404,
        body: { type: 'urn:problem:unknown-payment' },
      });
      expect((await get(`payments/${guests}`, await asCustomer(anna))).status).toBe(404);
      expect((await billing.request('GET', `/billing/payments/${order}`)).status).toBe(401);
    });

    it('a credit note to staff and to its customer, and to nobody else', async () => {
      const [anna, goods] = [randomUUID(), randomUUID()];
      await credit(goods, anna, '1');
      await heard(CreditNoteIssued, goods);
      expect((await get(`credit-notes/${goods}`, await asCustomer(anna))).status).toBe(200);
      expect((await get(`credit-notes/${goods}`, await asCustomer(randomUUID()))).status).toBe(404);
    });

    it('accounts to staff only', async () => {
      const anna = randomUUID();
      expect((await get(`accounts/${anna}`, await asCustomer(anna))).status).toBe(403);
    });

    it.each(['payments', 'credit-notes', 'accounts'])('nothing of %s by what is no id', async (kind) => {
      for (const id of ['0', 'Guest', 'x'.repeat(90), '%20', "'", '{}', '00000000-0000-0000-0000-00000000000g']) {
        expect([404, 422]).toContain((await get(`${kind}/${id}`)).status);
      }
    });
  });
});

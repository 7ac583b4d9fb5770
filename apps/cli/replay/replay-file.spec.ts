import { EventEmitter } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { UserError } from '../user-error.js';
import { type Place, type ReplayFileOptions, replayFile } from './replay-file.js';
import { FakeShop } from './testing/fake-shop.js';

/** How long to wait for what never comes, and for what does. In seconds. */
const [SOON, LONG] = [0.3, 20];

const HEADER = 'InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country';

let shop: FakeShop;
let folder: string;
let signals: EventEmitter;
let printed: string;

beforeEach(async () => {
  shop = new FakeShop();
  await shop.up();
  folder = await mkdtemp(join(tmpdir(), 'replay-'));
  signals = new EventEmitter();
  printed = '';
});

afterEach(async () => {
  await shop.down();
  await rm(folder, { recursive: true });
});

async function fileOf(...lines: string[]): Promise<string> {
  const path = join(folder, 'orders.csv');
  await writeFile(path, lines.join('\r\n'));
  return path;
}

/** An order line; the columns that no test looks at are filled in. */
function row(invoice: string, sku: string, quantity: number, price: string, customer = '17850'): string {
  return `${invoice},${sku},"THING, ${sku}",${quantity},12/1/2010 8:26,${price},${customer},United Kingdom`;
}

function replay(path: string, options: Partial<ReplayFileOptions> = {}, place: Partial<Place> = {}): Promise<number> {
  const screen = { write: (text: string) => (printed += text) };
  return replayFile(
    path,
    { url: shop.url, concurrency: 8, timeout: SOON, strict: false, ...options },
    {
      out: screen,
      err: screen,
      env: { SEAMLINE_ADMIN_EMAIL: shop.admin.email, SEAMLINE_ADMIN_PASSWORD: shop.admin.password },
      signals: signals as unknown as Place['signals'],
      patience: { outageMs: 10_000, attemptMs: 10_000, firstDelayMs: 10, longestDelayMs: 100 },
      newsMs: 300,
      ...place,
    },
  );
}

const errorOf = (running: Promise<unknown>): Promise<UserError> =>
  running.then(
    () => Promise.reject(new Error('it succeeded')),
    (error: UserError) => {
      expect(error).toBeInstanceOf(UserError);
      return error;
    },
  );

const ORDERS = [
  HEADER,
  row('536365', '85123A', 6, '2.55'),
  row('536365', '85123A', 2, '2.10'),
  row('536366', 'POST', 1, '18', ''),
  row('536367', '22423', 3, '0'),
  row('C536379', '85123A', -1, '2.55'),
  row('C536380', '84879', -4, '1.69', '12583'),
  row('536589', '22423', -10, '0', ''),
];

/** Enough orders that something can happen in the middle of them. */
const MANY = [
  HEADER,
  ...Array.from({ length: 60 }, (_, index) =>
    row(`${536400 + index}`, `${22000 + (index % 7)}`, 1 + index, '1.25', `${index % 5}`),
  ),
  row('C536500', '22001', -3, '1.25', '1'),
];

describe('replaying a file', () => {
  it('reconciles, and says by what figures', async () => {
    expect(await replay(await fileOf(...MANY))).toBe(0);
    expect(printed).toContain('Everything reconciles: 60 orders and 1 return, 2283.75 GBP of 5 customers, 7 SKUs.');
    expect(shop.effects).toMatchObject({ order: 60, return: 1, customer: 5, product: 7 });
  });

  it('sends what the file says', async () => {
    expect(await replay(await fileOf(...ORDERS))).toBe(0);
    expect(shop.stockOf('85123A')).toMatchObject({ available: 1 });
    expect(shop.stockOf('22423')).toMatchObject({ available: 0 });
    expect(shop.stockOf('84879')).toMatchObject({ available: 4 });
    expect(shop.sent('/orders', 'replay:order:536365')).toMatchObject({
      lines: [
        { sku: '85123A', quantity: 6, unitPrice: { amount: '2.55', currency: 'GBP' } },
        { sku: '85123A', quantity: 2, unitPrice: { amount: '2.10', currency: 'GBP' } },
      ],
      customerId: expect.any(String),
      payment: { token: 'tok_ok' },
    });
    expect(shop.sent('/orders', 'replay:order:536366')).not.toHaveProperty('customerId');
    expect(shop.sent('/catalog/products', 'replay:product:POST')).toMatchObject({ stocked: false });
    expect(printed).toMatch(/guest +18\.00 +18\.00\n/);
  });

  it('does nothing twice when it is run twice, and reconciles again', async () => {
    const path = await fileOf(...ORDERS);
    shop.stock('85123A', 100);
    shop.stock('84879', 7);
    expect(await replay(path)).toBe(0);
    const effects = { ...shop.effects };
    printed = '';
    expect(await replay(path)).toBe(0);
    expect(shop.effects).toEqual(effects);
    expect(printed).toContain('5 of them had been sent by an earlier run.');
    expect(shop.stockOf('85123A').available).toBe(101);
    expect(shop.stockOf('84879').available).toBe(11);
  });

  it('sends an invoice of more lines than an order may have in parts', async () => {
    const rows = Array.from({ length: 1114 }, (_, index) => row('573585', `${22000 + (index % 9)}`, 1, '0.0001'));
    expect(await replay(await fileOf(HEADER, ...rows))).toBe(0);
    expect(shop.sent('/orders', 'replay:order:573585:2')).toHaveProperty('lines.length', 114);
    expect(printed).toContain('0.1114 GBP');
    expect(printed).toContain('Invoices of more than 1000 lines go in 2 parts.');
  });

  it('waits until news of products and customers has reached the other modules', async () => {
    shop.newsDelayMs = 150;
    expect(await replay(await fileOf(...ORDERS), {}, { newsMs: LONG * 1_000 })).toBe(0);
  });

  it('waits until billing and inventory have heard of what orders says', async () => {
    shop.settleMs = 100;
    shop.echoMs = 150;
    expect(await replay(await fileOf(...ORDERS), { timeout: LONG }, { newsMs: LONG * 1_000 })).toBe(0);
  });

  it('keeps to the rate it is given', async () => {
    const rows = Array.from({ length: 10 }, (_, index) => row(`${536400 + index}`, '22423', 1, '1'));
    await replay(await fileOf(HEADER, ...rows), { rate: 20 });
    const [first = 0, ...others] = shop.ordersAt;
    expect((others.at(-1) ?? 0) - first).toBeGreaterThan(250);
  });
});

describe('what does not reconcile', () => {
  it('names the order that was rejected, its reason, and the rows that differ for it', async () => {
    shop.reject('replay:order:536367', 'out of stock');
    shop.reject('replay:order:536365', 'payment declined');
    expect(await replay(await fileOf(...ORDERS))).toBe(1);
    expect(printed).toMatch(/order 536365 +rejected +19\.50 +19\.50 +payment declined/);
    expect(printed).toMatch(/order 536367 +rejected +0\.00 +0\.00 +out of stock/);
    expect(printed).toMatch(/17850 +16\.95 +-2\.55 +-19\.50/);
    expect(printed).toMatch(/85123A +0 +8 +-8 +1 +0 +1 +9/);
    expect(printed).toContain('Not reconciled: 5 differences');
  });

  it('finds a penny that billing has too little', async () => {
    shop.pennyShort = 'replay:order:536366';
    expect(await replay(await fileOf(...ORDERS))).toBe(1);
    expect(printed).toMatch(/guest +18\.00 +17\.99 +-0\.01/);
  });

  it('finds a piece that inventory has too many', async () => {
    const path = await fileOf(...ORDERS);
    await replay(path);
    shop.stock('22423', 1);
    expect(await replay(path)).toBe(1);
    expect(printed).toMatch(/22423 +0 +13 +-3 +0 +-10 +0 +1\n/);
  });

  it('lists what the shop refuses and goes on', async () => {
    shop.refuse('/catalog/products', 'replay:product:22423', 'name: too odd');
    expect(await replay(await fileOf(...ORDERS))).toBe(1);
    expect(printed).toContain('product 22423: 400, name: too odd');
    expect(printed).toContain('order 536367: 422');
    expect(shop.effects.order).toBe(2);
  });

  it('says how many orders do not settle', async () => {
    shop.settleMs = Number.POSITIVE_INFINITY;
    expect(await replay(await fileOf(...ORDERS))).toBe(1);
    expect(printed).toContain('Not reconciled: orders and returns not settled yet: 5; ');
  });
});

describe('a file that is not all order lines', () => {
  const BROKEN = [HEADER, row('536365', '85123A', 6, '2.55'), row('536366', '85123A', 0, '2.55'), 'a,"b', ',,', ''];

  it('reports each malformed line by its number and replays the others', async () => {
    expect(await replay(await fileOf(...BROKEN))).toBe(0);
    expect(printed).toContain('line 3: quantity 0');
    expect(printed).toContain('line 4: a quote opens and does not close');
    expect(printed).toContain('line 5: 3 columns instead of 8');
    expect(shop.effects.order).toBe(1);
  });

  it('sends nothing when it is strict', async () => {
    const error = await errorOf(replay(await fileOf(...BROKEN), { strict: true }));
    expect(error.message).toContain('is not all order lines (malformed: 3, listed above); nothing was sent');
    expect(printed).toContain('line 3: quantity 0');
    expect(shop.requests).toBe(0);
  });

  it('reads a first line that is an order line, and complains of the missing header', async () => {
    expect(await replay(await fileOf(row('536365', '85123A', 6, '2.55')))).toBe(0);
    expect(printed).toContain('line 1: not the header');
    expect(shop.effects.order).toBe(1);
  });

  it.each([
    ['an empty file', [], 'is empty'],
    ['a header alone', [HEADER, ''], 'holds no order lines'],
    ['something else', ['<html>', '<body>'], 'The first problem is in line 1: not the header'],
  ])('says so of %s', async (_, lines, sentence) => {
    expect((await errorOf(replay(await fileOf(...lines)))).message).toContain(sentence);
  });

  it('says so of a file that is not there, and of a directory', async () => {
    expect((await errorOf(replay(join(folder, 'none.csv')))).message).toContain('there is no such file');
    expect((await errorOf(replay(folder))).message).toContain('it is a directory');
  });
});

describe('signing in', () => {
  it('says so when nothing listens there', async () => {
    await shop.down();
    const error = await errorOf(replay(await fileOf(...ORDERS)));
    expect(error.message).toContain(`Nothing answers at ${shop.url} (ECONNREFUSED). Is it started?`);
  });

  it('says whose password was refused', async () => {
    const env = { SEAMLINE_ADMIN_EMAIL: shop.admin.email, SEAMLINE_ADMIN_PASSWORD: 'wrong' };
    const error = await errorOf(replay(await fileOf(...ORDERS), {}, { env }));
    expect(error.message).toContain(`refuses the sign-in of ${shop.admin.email} (from SEAMLINE_ADMIN_EMAIL`);
  });

  it('takes what the first start saved when the settings are not given', async () => {
    await writeFile(join(folder, 'admin.json'), JSON.stringify(shop.admin));
    expect(await replay(await fileOf(...ORDERS), {}, { env: { SEAMLINE_HOME: folder } })).toBe(0);
  });

  it.each([
    ['nothing saved', undefined, 'cannot be read from'],
    ['something else saved', '[]', 'holds no email and password'],
  ])('says so of %s', async (_, saved, sentence) => {
    if (saved) await writeFile(join(folder, 'admin.json'), saved);
    const error = await errorOf(replay(await fileOf(...ORDERS), {}, { env: { SEAMLINE_HOME: folder } }));
    expect(error.message).toContain(sentence);
  });

  it('says so when only one of the two settings is given', async () => {
    const env = { SEAMLINE_ADMIN_EMAIL: shop.admin.email };
    const error = await errorOf(replay(await fileOf(...ORDERS), {}, { env }));
    expect(error.message).toContain('SEAMLINE_ADMIN_PASSWORD is not');
  });

  it('says so when the account may not do it', async () => {
    shop.forbids = true;
    expect((await errorOf(replay(await fileOf(...ORDERS)))).message).toContain(
      'does not permit POST /identity/customers',
    );
  });

  it('renews a token that the server takes no longer', async () => {
    shop.tokenUses = 50;
    expect(await replay(await fileOf(...MANY))).toBe(0);
  });

  it('renews a token before it ends', async () => {
    shop.tokenSeconds = 60;
    expect(await replay(await fileOf(...ORDERS))).toBe(0);
    expect(shop.sessions).toBeGreaterThan(5);
  });
});

describe('a server that fails meanwhile', () => {
  it('goes on after an answer was lost and the server was away, and says so once', async () => {
    shop.dieAfterOrders(3);
    const back = shop.died.then(() => new Promise((resolve) => setTimeout(resolve, 400))).then(() => shop.up());
    expect(await replay(await fileOf(...MANY))).toBe(0);
    await back;
    expect(shop.effects).toMatchObject({ order: 60, return: 1 });
    expect(printed.match(/trying again for up to 10 s/g)).toHaveLength(1);
    expect(printed.match(/answers again/g)).toHaveLength(1);
  });

  it('gives up when the server stays away; the same command then finishes, with nothing done twice', async () => {
    shop.dieAfterOrders(30);
    const patience = { outageMs: 200, attemptMs: 1_000, firstDelayMs: 10, longestDelayMs: 20 };
    const error = await errorOf(replay(await fileOf(...MANY), {}, { patience }));
    expect(error.message).toContain('has not answered for');
    expect(error.mend).toContain('nothing happens twice');
    await shop.up();
    expect(await replay(await fileOf(...MANY))).toBe(0);
    expect(shop.effects).toMatchObject({ order: 60, return: 1, customer: 5 });
  });

  it('waits when it is asked to slow down', async () => {
    shop.failEvery(5, 429, '0.05');
    expect(await replay(await fileOf(...ORDERS))).toBe(0);
  });

  it('does not wait longer than it would try', async () => {
    shop.failEvery(1, 429, '900');
    expect((await errorOf(replay(await fileOf(...ORDERS)))).message).toContain('asks to wait 900 s');
    expect(shop.requests).toBe(1);
  });

  it('tries again what failed inside the server, and gives up with what it said', async () => {
    shop.failEvery(3, 500);
    expect(await replay(await fileOf(...ORDERS))).toBe(0);
    shop.failEvery(1, 500);
    const patience = { outageMs: 200, attemptMs: 1_000, firstDelayMs: 10, longestDelayMs: 20 };
    expect((await errorOf(replay(await fileOf(...ORDERS), {}, { patience }))).message).toContain(
      'keeps answering 500, out of order',
    );
  });

  it('tries again what is never answered', async () => {
    shop.stallOnce();
    const patience = { outageMs: 10_000, attemptMs: 500, firstDelayMs: 10, longestDelayMs: 20 };
    expect(await replay(await fileOf(...ORDERS), {}, { patience })).toBe(0);
  });
});

describe('stopping it', () => {
  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ])('ends on %s with %i, and says how to go on', async (signal, code) => {
    shop.dieAfterOrders(20);
    const heard = shop.died.then(() => [signals.emit(signal), signals.emit(signal)]);
    expect(await replay(await fileOf(...MANY))).toBe(code);
    expect(printed).toContain('Stopped. Run the same command again');
    expect(await heard).toEqual([true, true]);
    expect(signals.eventNames()).toEqual([]);
  });
});

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Scenario, startScenario } from '#test/scenario';
import { CatalogModule } from './catalog.module.js';
import { PriceChanged } from './contract/price-changed.js';
import { ProductAdded } from './contract/product-added.js';

const gbp = (amount: string) => ({ amount, currency: 'GBP' });

describe('the catalog', () => {
  let catalog: Scenario;
  let admin: string;

  beforeAll(async () => {
    catalog = await startScenario([CatalogModule]);
    admin = await catalog.tokenFor({ id: '0199a000-0000-7000-8000-000000000001', roles: ['admin', 'sales'] });
  });
  afterAll(() => catalog.close());

  const add = (sku: string, more: object = {}) =>
    catalog.request('POST', '/catalog/products', {
      token: admin,
      body: { sku, name: `The ${sku}`, price: gbp('2.5'), ...more },
    });

  it('sells a product from the moment it is added, and tells the other modules', async () => {
    const added = await add('85123A', { name: ' WHITE HANGING HEART ' });

    expect(added.status).toBe(201);
    const product = { sku: '85123A', name: 'WHITE HANGING HEART', price: gbp('2.50'), stocked: true };
    expect(added.body).toEqual(product);
    expect(added.headers.get('location')).toBe('/catalog/products/85123A');
    expect((await catalog.request('GET', '/catalog/products/85123A')).body).toEqual(product);
    expect(await catalog.event(ProductAdded, ({ sku }) => sku === '85123A')).toEqual(product);
  });

  it('takes a code as it is, capitals, blanks and slashes included', async () => {
    await add('bank charges/1');
    expect((await add('BANK CHARGES/1')).status).toBe(201);
    const found = await catalog.request('GET', `/catalog/products/${encodeURIComponent('BANK CHARGES/1')}`);
    expect(found.body).toMatchObject({ sku: 'BANK CHARGES/1' });
  });

  it('refuses a second product under one code', async () => {
    await add('TWICE');
    const again = await add('TWICE');
    expect(again.status).toBe(409);
    expect(again.body).toMatchObject({ type: 'urn:problem:product-exists', status: 409 });
  });

  it.each([
    ['a code of more than 40 characters', { sku: 'x'.repeat(41) }, 'sku'],
    ['a code of dots, which no address can hold', { sku: '..' }, 'sku'],
    ['a price with a sign', { price: gbp('-1') }, 'price.amount'],
    ['a price as a number', { price: { amount: 2.5, currency: 'GBP' } }, 'price.amount'],
    [
      'a price in a currency that the shop does not take',
      { price: { amount: '1', currency: 'EUR' } },
      'price.currency',
    ],
    ['a property that nobody knows', { colour: 'red' }, 'body'],
  ])('refuses %s and names the field', async (_what, wrong, field) => {
    const refused = await add('WRONG', wrong);
    expect(refused.status).toBe(422);
    expect(refused.body.errors).toEqual([expect.objectContaining({ field })]);
  });

  it('changes a price and tells so, but says nothing when it stays the same', async () => {
    await add('PRICED');
    const reprice = (amount: string) =>
      catalog.request('PUT', '/catalog/products/PRICED/price', { token: admin, body: { price: gbp(amount) } });

    expect((await reprice('2.50')).status).toBe(200);
    expect((await reprice('3.1')).body).toMatchObject({ price: gbp('3.10') });

    await catalog.event(PriceChanged, ({ sku }) => sku === 'PRICED');
    expect(catalog.events(PriceChanged).filter(({ sku }) => sku === 'PRICED')).toEqual([
      { sku: 'PRICED', price: gbp('3.10') },
    ]);
  });

  it('answers 404 for what it does not sell', async () => {
    const price = { token: admin, body: { price: gbp('1') } };
    expect((await catalog.request('GET', '/catalog/products/NOTHING')).status).toBe(404);
    expect((await catalog.request('PUT', '/catalog/products/NOTHING/price', price)).status).toBe(404);
  });

  it('finds by part of the name, literally, page by page', async () => {
    for (const n of [1, 2, 3]) await add(`PAGE-${n}`, { name: `100% cotton ${n}` });
    await add('PAGE-X', { name: '1000 cotton' });
    const page = (query: string) =>
      catalog.request<{ items: { sku: string }[]; next: string | null }>('GET', `/catalog/products?${query}`);

    const first = await page('search=100%25%20COTTON&limit=2');
    expect(first.body.items.map(({ sku }) => sku)).toEqual(['PAGE-1', 'PAGE-2']);
    const second = await page(`search=100%25%20COTTON&limit=2&after=${first.body.next}`);
    expect(second.body).toMatchObject({ items: [{ sku: 'PAGE-3' }], next: null });
  });

  it('lets only an administrator change what is sold', async () => {
    const customer = await catalog.tokenFor({ id: '0199a000-0000-7000-8000-000000000002', roles: ['customer'] });
    const body = { sku: 'MINE', name: 'Mine', price: gbp('0') };
    expect((await catalog.request('POST', '/catalog/products', { token: customer, body })).status).toBe(403);
    expect((await catalog.request('POST', '/catalog/products', { body })).status).toBe(401);
  });

  it('answers the same again under one idempotency key', async () => {
    const body = { sku: 'KEYED', name: 'Keyed', price: gbp('1') };
    const request = { token: admin, body, headers: { 'idempotency-key': 'add-keyed' } };
    const first = await catalog.request('POST', '/catalog/products', request);
    const second = await catalog.request('POST', '/catalog/products', request);
    expect([first.status, second.status]).toEqual([201, 201]);
    expect(second.body).toEqual(first.body);

    const other = await catalog.request('POST', '/catalog/products', { ...request, body: { ...body, name: 'Other' } });
    expect(other.status).toBe(409);
  });
});

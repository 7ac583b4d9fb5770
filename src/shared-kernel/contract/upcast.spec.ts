import { describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { defineCommand, defineEvent } from './message.js';
import { from, readAs, versionsOf } from './upcast.js';

const V1 = defineEvent('till.sold.v1', 'id', z.strictObject({ id: z.string(), price: z.string() }));
const V2 = defineEvent(
  'till.sold.v2',
  'id',
  z.strictObject({ id: z.string(), price: z.int(), paid: z.enum(['cash', 'card']) }),
  {
    upcasts: from(V1, ({ id, price }) => ({ id, price: Number(price), paid: 'cash' as const })),
  },
);
const V3 = defineEvent(
  'till.sold.v3',
  'shop',
  z.strictObject({ shop: z.string(), amount: z.int(), by: z.string().default('nobody') }),
  {
    upcasts: from(V2, ({ id, price, ...rest }) => ({ shop: id, amount: price, ...rest })),
  },
);

describe('an upcast', () => {
  it('reads every older version as this one, one after the other, and fills in what has a default', () => {
    expect(versionsOf(V3).map(({ name }) => name)).toEqual(['till.sold.v3', 'till.sold.v2', 'till.sold.v1']);
    expect(readAs(V3, V1.name, { id: 'a', price: '3' })?.data).toEqual({
      shop: 'a',
      amount: 3,
      by: 'nobody',
      paid: 'cash',
    });
    expect(readAs(V3, V3.name, { shop: 'a', amount: 3, by: 'me' })?.data).toEqual({ shop: 'a', amount: 3, by: 'me' });
  });

  it('reads nothing that it does not know, and no newer version', () => {
    expect(readAs(V1, V2.name, { id: 'a', price: 3, paid: 'cash' })).toBeUndefined();
    expect(readAs(V3, 'till.bought.v1', {})).toBeUndefined();
  });

  it('holds the older payload to the older contract, and what becomes of it to the newer one', () => {
    expect(readAs(V2, V1.name, { id: 'a' })?.error?.issues[0]?.path).toEqual(['price']);
    expect(readAs(V2, V1.name, { id: 'a', price: 'three' })?.error?.issues[0]?.path).toEqual(['price']);
    expect(readAs(V2, V1.name, { id: 'a', price: '3', tip: 1 })?.success).toBe(true);
  });

  it.each([
    [
      'of another message',
      () => from(defineEvent('till.bought.v1', 'id', z.strictObject({ id: z.string() })), (older) => older),
    ],
    [
      'of another kind',
      () => from(defineCommand('till.sold.v1', 'id', z.strictObject({ id: z.string() })), (older) => older),
    ],
    [
      'of another module',
      () => from(defineEvent('tills.sold.v1', 'id', z.strictObject({ id: z.string() })), (older) => older),
    ],
    [
      'that leaves one out',
      () => from(defineEvent('till.sold.v2', 'id', z.strictObject({ id: z.string() })), (older) => older),
    ],
  ])('is refused %s', (what, upcasts) => {
    const name = what === 'that leaves one out' ? 'till.sold.v4' : 'till.sold.v2';
    expect(() => defineEvent(name, 'id', z.strictObject({ id: z.string() }), { upcasts: upcasts() })).toThrow(
      /^till\.sold\.v[24] cannot upcast the (event|command) .*: only the event till\.sold\.v[13] comes before it\.$/,
    );
  });
});

import { describe, expect, it } from '@jest/globals';
import { freeName, kebabOf, nameOf, pluralOf, readClassName, readName } from './name.js';

describe('a name', () => {
  it('is known in every form that the sources need', () => {
    expect(nameOf('order-item-2')).toEqual({
      kebab: 'order-item-2',
      camel: 'orderItem2',
      pascal: 'OrderItem2',
      words: 'order item 2',
    });
  });

  it.each([
    ['OrderItems', 'order-items'],
    ['orderItems', 'order-items'],
    ['order_items', 'order-items'],
    ['Order Items', 'order-items'],
    ['HTTPServer', 'http-server'],
    ['2nd-order', 'nd-order'],
    ['order--items', 'order-items'],
    ['orders-', 'orders'],
    ['bestellungen!', 'bestellungen'],
    ['Café-Größen', 'cafe-grossen'],
  ])('%s is refused, and %s suggested', (given, suggested) => {
    expect(kebabOf(given)).toBe(suggested);
    expect(() => readName(given, 'module')).toThrow(
      expect.objectContaining({ name: 'UserError', mend: `Try "${suggested}".` }),
    );
  });

  it.each(['', '-', '42', '../orders', 'a'.repeat(41)])('"%s" is refused', (given) => {
    expect(() => readName(given, 'module')).toThrow(expect.objectContaining({ name: 'UserError' }));
  });

  it('is spoken of in plain English', () => {
    expect(() => readName('-', 'event')).toThrow('the name of an event:');
    expect(() => readName('-', 'use case')).toThrow('the name of a use case:');
  });

  it.each(['a', 'orders', 'order-2', 'a'.repeat(40), 'messaging'])('%s is taken as it is', (given) => {
    expect(readName(given, 'module').kebab).toBe(given);
  });

  it('of a class must not hide one of JavaScript', () => {
    expect(() => readClassName('map', 'use case')).toThrow(/called Map, as one of JavaScript's own/);
    expect(() => readClassName('Map', 'use case')).toThrow(expect.objectContaining({ mend: 'Try "map-entry".' }));
    expect(readClassName('map-order', 'use case').pascal).toBe('MapOrder');
  });

  it('that is taken gets the first free number', () => {
    const taken = new Set(['catalog-2', 'catalog-3']);
    expect(freeName('catalog', (name) => taken.has(name))).toBe('catalog-4');
    expect(
      readName(
        freeName('a'.repeat(40), () => false),
        'module',
      ).kebab,
    ).toHaveLength(38);
  });

  it.each([
    ['entry', 'entries'],
    ['parcel', 'parcels'],
    ['box', 'boxes'],
    ['gift-card', 'gift-cards'],
    ['day', 'days'],
  ])('%s in the plural is %s', (one, many) => {
    expect(pluralOf(one)).toBe(many);
  });
});

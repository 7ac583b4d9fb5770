import { describe, expect, it } from '@jest/globals';
import { isHeader, readOrderLine } from './order-line.js';

const fields = {
  invoice: '536365',
  sku: '85123A',
  description: 'WHITE HEART',
  quantity: '6',
  date: '12/1/2010 8:26',
  price: '2.55',
  customer: '17850',
  country: 'United Kingdom',
};

const read = (changes: Partial<typeof fields> = {}) => readOrderLine(Object.values({ ...fields, ...changes }), 1);

describe('reading an order line', () => {
  it('takes a line as it is, less its stray blanks', () => {
    expect(read({ sku: ' 85123a ', description: '  WHITE HEART ' })).toEqual({
      kind: 'order',
      invoice: '536365',
      position: 1,
      sku: '85123a',
      description: 'WHITE HEART',
      quantity: 6,
      unitPrice: '2.55',
      customer: '17850',
    });
  });

  it.each([
    ['0', '0.00'],
    ['4', '4.00'],
    ['2.1', '2.10'],
    ['0.001', '0.001'],
    ['2.550000', '2.55'],
    ['11062.06', '11062.06'],
  ])('writes the price %s as %s', (price, unitPrice) => {
    expect(read({ price })).toMatchObject({ unitPrice });
  });

  it('takes an empty customer as a guest, and a number that a spreadsheet made a decimal', () => {
    expect(read({ customer: '' })).toMatchObject({ customer: undefined });
    expect(read({ customer: '17850.0' })).toMatchObject({ customer: '17850' });
  });

  it('tells returns and stock adjustments from orders', () => {
    expect(read({ invoice: 'C536379', quantity: '-1' })).toMatchObject({ kind: 'return', quantity: 1 });
    expect(read({ quantity: '-10' })).toMatchObject({ kind: 'adjustment', quantity: 10 });
    expect(read({ quantity: '80995' })).toMatchObject({ kind: 'order', quantity: 80995 });
  });

  it.each([
    [{ quantity: '0' }, 'quantity 0'],
    [{ quantity: '1.5' }, 'quantity "1.5" is not a whole number'],
    [{ quantity: '' }, 'quantity "" is not a whole number'],
    [{ quantity: '99999999999' }, 'quantity "99999999999" is not a whole number'],
    [{ invoice: 'C536379' }, 'quantity 6 above zero in a cancellation'],
    [{ invoice: '' }, 'no invoice number'],
    [{ invoice: '53:65' }, 'invoice number "53:65" is not letters and digits'],
    [{ sku: ' ' }, 'no stock code'],
    [{ sku: '1'.repeat(41) }, 'longer than 40 characters'],
    [{ sku: '12345\u0000' }, 'contains a control character'],
    [{ invoice: 'A563186', price: '-11062.06' }, 'price -11062.06 is negative'],
    [{ price: '0.00001' }, 'price 0.00001 has more than 4 decimals'],
    [{ price: '1e3' }, 'price "1e3" is not a decimal number'],
    [{ price: '1,5' }, 'price "1,5" is not a decimal number'],
    [{ price: '' }, 'price "" is not a decimal number'],
    [{ customer: 'Smith' }, 'customer "Smith" is not a number'],
  ])('refuses %j', (changes, reason) => {
    expect(read(changes)).toContain(reason);
  });

  it('refuses another number of columns', () => {
    expect(readOrderLine(['536365', '85123A'], 1)).toBe('2 columns instead of 8');
  });

  it('knows the header by its names', () => {
    const names = 'InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country'.split(',');
    expect(isHeader(names)).toBe(true);
    expect(isHeader(names.toReversed())).toBe(false);
    expect(isHeader([...names, 'More'])).toBe(false);
  });
});

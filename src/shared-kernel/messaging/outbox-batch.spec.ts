import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { writeBatch } from '../transports/letters.js';
import type { OutboxRow } from './cursor.js';
import { OutboxBatch } from './outbox-batch.js';

const ID = '0197e5a0-1111-7222-8333-444455556666';
const NAMES = ['time', 'correlationid', 'causationid', 'traceparent', 'tracestate', 'sequence'];

function batchOf(rows: readonly OutboxRow[]): OutboxBatch {
  return new OutboxBatch('orders', 'billing', 3, 1_700_000_000_000, 7, 0, rows);
}

const row = (changes: Partial<OutboxRow> = {}): OutboxRow => ({
  id: 1,
  eventId: ID,
  type: 'orders.order-placed.v1',
  key: 'order-1',
  headers: JSON.stringify({ time: '2026-01-02T03:04:05.678Z', correlationid: 'c-1', traceparent: '00-aa-bb-01' }),
  payload: JSON.stringify({ order: 'order-1', lines: [{ sku: 'a "b" \\ \n ü', quantity: 2 }] }),
  ...changes,
});

/** Made, and then written message by message, as any batch can be. */
function writtenTheLongWay(batch: OutboxBatch): unknown {
  const { source, subscriber, partition, epoch, number, generation, messages } = batch;
  return JSON.parse(JSON.stringify({ source, subscriber, partition, epoch, number, generation, messages }));
}

describe('a batch of an outbox', () => {
  it('is written as what it holds, though nobody reads that', () => {
    const batch = batchOf([row(), row({ key: 'order "2"\u2028', payload: '{ "spaced" : [ 1e3, "\\ud800" ] }' })]);
    expect(JSON.parse(writeBatch(batch))).toEqual(writtenTheLongWay(batch));
    expect(writeBatch(batch)).toContain('{ "spaced" : [ 1e3, "\\ud800" ] }');
  });

  it('says the same whatever its rows hold', () => {
    const text = fc.string({ unit: 'binary' });
    const headers = fc.oneof(
      fc.subarray(NAMES).chain((names) => fc.record(Object.fromEntries(names.map((name) => [name, text])))),
      fc.dictionary(fc.oneof(fc.constantFrom(...NAMES, 'id', 'data', 'source', '__proto__'), text), fc.jsonValue()),
      fc.constant(null),
    );
    const rows = fc.record({
      id: fc.nat(),
      eventId: fc.constant(ID),
      type: text,
      key: text,
      headers: headers.map((each) => JSON.stringify(each)),
      payload: fc.jsonValue().map((each) => JSON.stringify(each)),
    });
    fc.assert(
      fc.property(fc.array(rows, { minLength: 1, maxLength: 3 }), (many) => {
        const batch = batchOf(many);
        expect(JSON.parse(writeBatch(batch))).toEqual(writtenTheLongWay(batch));
      }),
    );
  });

  it('takes nothing from headers that would change what the row is', () => {
    const forged = row({ headers: '{"time":"t","correlationid":"c","id":"other","source":"/billing","data":{}}' });
    const { messages } = JSON.parse(writeBatch(batchOf([forged])));
    expect(messages).toEqual([
      expect.objectContaining({ id: ID, source: '/orders', data: JSON.parse(forged.payload), time: 't' }),
    ]);
  });
});

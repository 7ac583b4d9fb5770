import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { linesIn, readBatch, writeBatch } from '../transports/letters.js';
import { bytesOf } from '../transports/lines.js';
import type { Batch } from '../transports/transport.js';
import { OutboxBatch } from './outbox-batch.js';

const PLAIN = JSON.stringify({
  specversion: '1.0',
  id: '0197e5a0-1111-7222-8333-444455556666',
  source: '/orders',
  type: 'orders.order-placed.v1',
  subject: 'order "2"\u2028',
  data: { order: 'order-1', lines: [{ sku: 'a "b" \\ \n ü', quantity: 2 }] },
});
/** What JSON allows, and nothing here would write so. */
const SPACED = '{ "data" : {"amount" : 1.50e3, "half":"\\ud800", "twice":1, "twice":2},\t"id":"x"\r}';
const ON_LINES = '{\n  "subject" : "a\\nb",\n  "data" : {\n    "__proto__" : [ 1.50 ]\n  }\n}\n';

function batchOf(...envelopes: string[]): OutboxBatch {
  const rows = envelopes.map((envelope, n) => ({ id: n + 1, envelope }));
  return new OutboxBatch('orders', 'billing', 3, 1_700_000_000_000, 7, 2, rows);
}

/** Any text of a value in JSON, as an operator's hand or another program may have left it. */
const json = fc
  .tuple(fc.jsonValue({ stringUnit: 'binary' }), fc.constantFrom(undefined, 2, '\t', '\r\n'))
  .map(([value, space]) => JSON.stringify(value, null, space));

describe('a batch of an outbox', () => {
  it('has for its messages what the envelopes say', () => {
    const { messages } = batchOf(PLAIN, SPACED, ON_LINES, 'null', '"text"');
    expect(messages).toEqual([JSON.parse(PLAIN), JSON.parse(SPACED), JSON.parse(ON_LINES), null, 'text']);
  });

  it('is written as its envelopes stand, though nobody reads them', () => {
    expect(batchOf(PLAIN, SPACED, PLAIN).written()).toEqual([PLAIN, SPACED, PLAIN]);
    const unreadable = '{"no": JSON';
    expect(batchOf(unreadable).written()).toEqual([unreadable]);
  });

  it('is written with an envelope on one line that stood on several', () => {
    const [first, second] = batchOf(PLAIN, ON_LINES).written();
    expect(first).toBe(PLAIN);
    expect(second).not.toContain('\n');
    expect(JSON.parse(second as string)).toEqual(JSON.parse(ON_LINES));
    // However deep, since nobody reads it.
    const deep = `${'[\n'.repeat(50_000)}${']'.repeat(50_000)}`;
    expect(batchOf(deep).written()).toEqual([deep.replaceAll('\n', ' ')]);
  });

  it('is read from a letter as the same batch, whatever its envelopes hold', () => {
    const around = { source: 'orders', subscriber: 'billing', partition: 3, epoch: 1_700_000_000_000, number: 7 };
    fc.assert(
      fc.property(fc.array(json, { minLength: 1, maxLength: 5 }), (envelopes) => {
        const expected = { ...around, generation: 2, messages: envelopes.map((each) => JSON.parse(each)) };
        const lines = writeBatch(batchOf(...envelopes));
        expect(batchOf(...envelopes).messages).toEqual(expected.messages);
        expect(lines).toHaveLength(envelopes.length + 1);
        expect(readBatch(lines)).toEqual(expected);
        expect(readBatch(linesIn(lines.join('\n')))).toEqual(expected);
        expect(readBatch(linesIn(bytesOf(lines)))).toEqual(expected);
      }),
    );
  });

  it('is the same letter as one of the same messages from anywhere else', () => {
    const batch = batchOf(PLAIN, JSON.stringify(JSON.parse(SPACED)));
    const { source, subscriber, partition, epoch, number, generation, messages } = batch;
    const made: Batch = { source, subscriber, partition, epoch, number, generation, messages };
    expect(writeBatch(batch)).toEqual(writeBatch(made));
  });
});

import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { bytesOf, linesOf } from './lines.js';

const ALL = Number.MAX_SAFE_INTEGER;

/** Any text on one line, halves of characters among it. */
const line = fc
  .oneof(
    fc.string({ unit: 'binary' }),
    fc
      .array(fc.oneof(fc.nat(0x7f), fc.nat(0xffff), fc.integer({ min: 0xd800, max: 0xdfff })))
      .map((units) => String.fromCharCode(...units)),
    fc.constantFrom('', '\r', '\0', '\uFEFF', '\u2028\u2029\u0085', '\ud83d', '\ude00', '😀'),
  )
  .map((text) => text.replaceAll('\n', ''));
const lines = fc.array(line, { minLength: 1, maxLength: 20 });

describe('lines', () => {
  it('are given back as they were, from text and from bytes', () => {
    fc.assert(
      fc.property(lines, (written) => {
        expect(linesOf(written.join('\n'), ALL)).toEqual(written);
        expect(linesOf(bytesOf(written), ALL)).toEqual(written.map((each) => each.toWellFormed()));
      }),
    );
  });

  it('are bytes as their text is in UTF-8, where half a character becomes U+FFFD', () => {
    fc.assert(
      fc.property(lines, (written) => {
        expect(bytesOf(written)).toEqual(Buffer.from(written.join('\n')));
      }),
    );
    expect(bytesOf(['a\ud800', '\udc00b']).toString()).toBe('a\uFFFD\n\uFFFDb');
  });

  it('leave the room before them that is asked for, and none after them', () => {
    fc.assert(
      fc.property(lines, fc.nat(100), (written, room) => {
        const bytes = bytesOf(written, room);
        expect(bytes.subarray(room)).toEqual(bytesOf(written));
        expect(bytes).toHaveLength(room + Buffer.byteLength(written.join('\n')));
      }),
    );
  });

  it('are no more than so many, the first of them', () => {
    fc.assert(
      fc.property(lines, fc.nat(25), (written, most) => {
        const wellFormed = written.map((each) => each.toWellFormed());
        expect(linesOf(wellFormed.join('\n'), most)).toEqual(wellFormed.slice(0, most));
        expect(linesOf(bytesOf(written), most)).toEqual(wellFormed.slice(0, most));
      }),
    );
  });

  it('are read from bytes within a larger buffer, and nothing around them', () => {
    fc.assert(
      fc.property(lines, fc.nat(20), (written, before) => {
        const bytes = bytesOf(written);
        const larger = new Uint8Array(before + bytes.length + 20).fill(10);
        larger.set(bytes, before);
        const inside = larger.subarray(before, before + bytes.length);
        const wellFormed = written.map((each) => each.toWellFormed());
        expect(linesOf(inside, ALL)).toEqual(wellFormed);
        expect(linesOf(Buffer.from(larger.buffer, before, bytes.length), ALL)).toEqual(wellFormed);
      }),
    );
  });

  it('are one, and empty, where there is nothing', () => {
    for (const nothing of ['', new Uint8Array()]) expect(linesOf(nothing, ALL)).toEqual(['']);
    expect(bytesOf([''])).toHaveLength(0);
    for (const feeds of ['\n\n', Buffer.from('\n\n')]) expect(linesOf(feeds, ALL)).toEqual(['', '', '']);
  });
});

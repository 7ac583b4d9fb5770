import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { CsvReader, type CsvRecord } from './csv-records.js';

function read(bytes: string | Buffer, { columns = 3, chunk = Number.POSITIVE_INFINITY } = {}): CsvRecord[] {
  const reader = new CsvReader(columns);
  const buffer = Buffer.from(bytes as string);
  const records: CsvRecord[] = [];
  for (let at = 0; at < buffer.length; at += chunk) {
    records.push(...reader.push(buffer.subarray(at, Math.min(buffer.length, at + chunk))));
  }
  return [...records, ...reader.end()];
}

describe('reading CSV records', () => {
  it('takes a byte-order mark, either line ending, blank lines and a last line without an end', () => {
    expect(read('\uFEFFa,b,c\r\n\r\n1,2,3\n4,5,6')).toEqual([
      { line: 1, fields: ['a', 'b', 'c'] },
      { line: 3, fields: ['1', '2', '3'] },
      { line: 4, fields: ['4', '5', '6'] },
    ]);
  });

  it('takes commas, doubled quotes and line breaks inside quotes, and counts the lines on', () => {
    expect(read('"a,1", "7"" RECORD" ,c\n"two\nlines",b,c\nx,y,z\n')).toEqual([
      { line: 1, fields: ['a,1', '7" RECORD', 'c'] },
      { line: 2, fields: ['two\nlines', 'b', 'c'] },
      { line: 4, fields: ['x', 'y', 'z'] },
    ]);
  });

  it('loses only its own line to a quote that does not close', () => {
    const after = Array.from({ length: 40 }, (_, i) => `${i},"quoted, too",z`);
    const records = read(['a,b,c', 'x,"open,z', ...after].join('\n'));
    expect(records).toHaveLength(42);
    expect(records[1]).toEqual({ line: 2, reason: 'a quote opens and does not close' });
    expect(records[41]).toEqual({ line: 42, fields: ['39', 'quoted, too', 'z'] });
  });

  it('loses only its own line to a quote that does not close on the last line', () => {
    expect(read('x,"open,z\n')).toEqual([{ line: 1, reason: 'a quote opens and does not close' }]);
  });

  it('does not make one record of two lines whose stray quotes happen to pair', () => {
    const reasons = read('x,6" CANDLE,z\nx,9" CANDLE,z\na,b,c').map((record) => 'reason' in record && record.line);
    expect(reasons).toEqual([1, 2, false]);
  });

  it('does not join lines to a record of another number of columns', () => {
    const reasons = read('x,"open,z\ny",w,v\na,b,c').map((record) => 'reason' in record && record.line);
    expect(reasons).toEqual([1, 2, false]);
  });

  it('does not gather a line without end in memory', () => {
    const reader = new CsvReader(3);
    const started = performance.now();
    for (let chunk = 0; chunk < 1000; chunk++) reader.push(Buffer.alloc(64 * 1024, 'x'));
    expect(reader.end()).toEqual([{ line: 1, reason: 'the line is longer than 65536 bytes' }]);
    // Gathering would copy 32 GB.
    expect(performance.now() - started).toBeLessThan(5_000);
  });

  it('names a stray quote inside a field', () => {
    expect(read('x,a "b" c,z')).toEqual([{ line: 1, reason: expect.stringContaining('middle of a field') }]);
  });

  it('reports invalid UTF-8 and lines without end by their number', () => {
    const bytes = Buffer.concat([
      Buffer.from('a,b,c\n1,\xff,3\n', 'latin1'),
      Buffer.alloc(70_000, 'x'),
      Buffer.from('\nd,e,f'),
    ]);
    for (const chunk of [1000, Number.POSITIVE_INFINITY]) {
      expect(read(bytes, { chunk })).toEqual([
        { line: 1, fields: ['a', 'b', 'c'] },
        { line: 2, reason: 'the line is not valid UTF-8' },
        { line: 3, reason: 'the line is longer than 65536 bytes' },
        { line: 4, fields: ['d', 'e', 'f'] },
      ]);
    }
  });

  it('gives back whatever was written as CSV, however it is cut into chunks', () => {
    const field = fc.string({ unit: fc.constantFrom('a', 'é', '"', ',', '\n', '€') }).map((text) => `<${text}>`);
    const written = (value: string) => (/[",\n]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value);
    fc.assert(
      fc.property(fc.array(fc.tuple(field, field, field)), fc.integer({ min: 1, max: 50 }), (rows, chunk) => {
        const text = rows.map((row) => row.map(written).join(',')).join('\r\n');
        const fields = read(text, { chunk }).map((record) => ('fields' in record ? record.fields : record));
        expect(fields).toEqual(rows);
      }),
    );
  });

  it('accounts for every line of any bytes at all, once and in order', () => {
    const noise = fc
      .array(fc.constantFrom('a', '"', ',', '\n', '\r\n', '\uFEFF', '"",', 'x,y,z\n'))
      .map((parts) => parts.join(''));
    fc.assert(
      fc.property(noise, (text) => {
        const lines = read(text).map(({ line }) => line);
        expect(lines).toEqual([...new Set(lines)].sort((a, b) => a - b));
        expect(Math.max(0, ...lines)).toBeLessThanOrEqual(text.split('\n').length);
      }),
    );
  });
});

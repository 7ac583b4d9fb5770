import { describe, expect, it } from '@jest/globals';
import { ForeignLetter, linesIn, readBatch, writeBatch } from './letters.js';
import type { Batch } from './transport.js';

const AROUND = { source: 'shop', subscriber: 'books', partition: 32_767, epoch: 2 ** 53 - 1, number: 0, generation: 3 };
const MESSAGES = [{ text: '\n\r\u2028 "é"' }, null, ['x']] as unknown as Batch['messages'];

describe('a batch between apps', () => {
  it('is what is around its messages on one line, and each of them on one of its own', () => {
    const lines = writeBatch({ ...AROUND, messages: MESSAGES });
    expect(lines).toEqual([AROUND, ...MESSAGES].map((each) => JSON.stringify(each)));
    expect(lines.join('').includes('\n')).toBe(false);
    expect(readBatch(lines)).toEqual({ ...AROUND, messages: MESSAGES });
  });

  it('has its messages as they are written already, where they are', () => {
    const written = () => ['{ "as" : "it stands" }', '{}'];
    const batch: Batch = {
      ...AROUND,
      get messages(): never {
        throw new Error('Nobody need read them.');
      },
      written,
    };
    expect(writeBatch(batch)).toEqual([JSON.stringify(AROUND), ...written()]);
  });

  it('is read from behind lines that are not its own', () => {
    const batch = { ...AROUND, messages: MESSAGES };
    expect(readBatch(['no JSON', 'nor this', ...writeBatch(batch)], 2)).toEqual(batch);
  });

  const [around, ...messages] = writeBatch({ ...AROUND, messages: MESSAGES }) as [string, ...string[]];
  it.each<[string, string[], RegExp]>([
    ['nothing', [], /no batch: it is no JSON/],
    ['no messages', [around], /no messages/],
    ['a message that is no JSON', [around, ...messages, 'hello'], /no message: it is no JSON/],
    ['an empty line among its messages', [around, '', ...messages], /no message: it is no JSON/],
    ['a message for what is around them', messages, /no batch/],
    ['a source that is no name', [around.replace('shop', '../shop'), ...messages], /no batch: source/],
    ['a partition that is none', [around.replace('32767', '32768'), ...messages], /no batch: partition/],
    ['an epoch that is no whole number', [around.replace(`${2 ** 53 - 1}`, '1.5'), ...messages], /no batch: epoch/],
    ['no generation', [around.replace('generation', 'g'), ...messages], /no batch: generation/],
  ])('is foreign with %s', (_, lines, why) => {
    expect(() => readBatch(lines)).toThrow(ForeignLetter);
    expect(() => readBatch(lines)).toThrow(why);
  });

  it('has no more lines than any letter has', () => {
    const most = new Array<string>(10_002).fill('{}').join('\n');
    for (const letter of [most, Buffer.from(most)]) expect(linesIn(letter)).toHaveLength(10_002);
    for (const letter of [`${most}\n`, Buffer.from(`${most}\n`)]) expect(() => linesIn(letter)).toThrow(ForeignLetter);
  });
});

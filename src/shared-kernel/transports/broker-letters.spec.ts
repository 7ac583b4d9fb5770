import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { Correspondence, Reception, readLetter, writeLetter } from './broker-letters.js';
import { ForeignLetter } from './letters.js';
import type { Acknowledgement, Batch, OnBatch } from './transport.js';

const ID = '0b7a1d57-8c4b-4b86-9b7e-d9d4ff6ea3a2';
const batch: Batch = {
  source: 'shop',
  subscriber: 'books',
  partition: 0,
  epoch: 1,
  number: 1,
  generation: 0,
  messages: [{ line: '\n' }] as unknown as Batch['messages'],
};
const lines = writeLetter({ id: ID, replyTo: 'answers', batch });
const letter = lines.join('\n');
const taken: OnBatch = async () => ({ kind: 'taken' });

describe('letters over a broker', () => {
  let warn: jest.SpiedFunction<Logger['warn']>;
  beforeEach(() => {
    warn = jest.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
  });
  afterEach(() => {
    jest.restoreAllMocks();
  });

  it('are read as they were written, from text and from bytes', () => {
    expect(readLetter(letter)).toEqual({ id: ID, replyTo: 'answers', batch });
    // Out of a larger buffer, as clients hand them over.
    const inside = Buffer.from(`before${letter}after`).subarray(6, 6 + Buffer.byteLength(letter));
    expect(readLetter(inside)).toEqual({ id: ID, replyTo: 'answers', batch });
  });

  it('have 10,000 messages and no more', () => {
    const messages = new Array(10_000).fill(batch.messages[0]) as Batch['messages'];
    const full = writeLetter({ id: ID, replyTo: 'answers', batch: { ...batch, messages } });
    expect(readLetter(full.join('\n')).batch.messages).toEqual(messages);
  });

  const [address, around, message] = lines as [string, string, string];
  it.each([
    ['nothing', ''],
    ['no JSON', 'hello'],
    ['no batch', address],
    ['no address', `${around}\n${message}`],
    ['an id that is none', letter.replace(ID, 'x')],
    ['an answer to anywhere', letter.replace('"answers"', '"a b\\n"')],
    ['another shape', letter.replace('"epoch":1', '"epoch":-1')],
    ['no messages', `${address}\n${around}`],
    ['a message that is no JSON', `${letter}\n{"line":`],
    ['a line feed within a message', letter.replace('{"line"', '{\n"line"')],
    ['an empty line at its end', `${letter}\n`],
    ['more than 10,000 messages', [address, around, ...new Array<string>(10_001).fill(message)].join('\n')],
    ['more than there may be', `${letter}\n"${'x'.repeat(17 * 1024 * 1024)}"`],
  ])('are foreign with %s', (_, text) => {
    expect(() => readLetter(text)).toThrow(ForeignLetter);
    expect(() => readLetter(Buffer.from(text))).toThrow(ForeignLetter);
  });

  describe('where they are sent', () => {
    const correspondence = (deadline?: number) => new Correspondence('test', deadline);
    /** Asks, and answers with the id under which it was posted. */
    function asking(sender: Correspondence): [answer: Promise<Acknowledgement>, id: string] {
      let posted = '';
      const answer = sender.ask(async (id) => {
        posted = id;
      });
      answer.catch(() => undefined);
      return [answer, posted];
    }

    it('are answered by their id, whichever comes first', async () => {
      const sender = correspondence();
      const [first, a] = asking(sender);
      const [second, b] = asking(sender);
      sender.answered(`{"id":"${b}"}\n{"kind":"expected","number":7}`);
      sender.answered(Buffer.from(`{"id":"${a}"}\n{"kind":"taken"}`));
      expect(await Promise.all([first, second])).toEqual([{ kind: 'taken' }, { kind: 'expected', number: 7 }]);
    });

    it('fail with what the receiver said, on one line and not long', async () => {
      const sender = correspondence();
      const [answer, id] = asking(sender);
      sender.answered(JSON.stringify({ id, failure: `no\n\u2028${'!'.repeat(1_000)}` }));
      await expect(answer).rejects.toThrow(/^no !{1,300}$/);
    });

    it('fail when nobody answers in time, and hear late answers no more', async () => {
      const sender = correspondence(20);
      const [answer, id] = asking(sender);
      await expect(answer).rejects.toThrow('no acknowledgement within 20 ms');
      sender.answered(`{"id":"${id}"}\n{"kind":"taken"}`);
      expect(warn).not.toHaveBeenCalled();
    });

    it('fail at once when they cannot be posted, the connection breaks, or the app closes', async () => {
      const sender = correspondence();
      await expect(sender.ask(() => Promise.reject(new Error('full')))).rejects.toThrow('full');
      const [first] = asking(sender);
      sender.lost(new Error('cut'));
      await expect(first).rejects.toThrow('cut');
      const stuck = sender.ask(() => new Promise(() => undefined));
      sender.close();
      await expect(stuck).rejects.toThrow('closing');
      await expect(sender.ask(async () => undefined)).rejects.toThrow('closing');
    });

    it.each(['', 'hello', '{}', `{"id":"${ID}"}`, `{"id":"${ID}"}\n{"kind":"well"}`, `{"id":1}\n{"kind":"taken"}`])(
      'let go what is no answer: %s',
      async (text) => {
        const sender = correspondence();
        const [answer, id] = asking(sender);
        sender.answered(text);
        sender.answered(Buffer.from(text));
        sender.answered(`{"id":"${id}"}\n{"kind":"taken"}`);
        expect(await answer).toEqual({ kind: 'taken' });
        for (const [line] of warn.mock.calls) expect(line).toMatch(/^What came as an answer is let go: [^\n]+$/);
      },
    );
  });

  describe('where they are received', () => {
    it('are answered to their address, with their id', async () => {
      const answer = jest.fn(async (_replyTo: string, _text: string) => undefined);
      await new Reception('test').take('books', taken, letter, answer);
      expect(answer.mock.calls).toEqual([['answers', `{"id":"${ID}"}\n{"kind":"taken"}`]]);
    });

    it('are answered with the failure where they cannot be taken', async () => {
      const answer = jest.fn(async (_replyTo: string, _text: string) => undefined);
      const failing: OnBatch = () => {
        throw new Error('the database is away');
      };
      await new Reception('test').take('books', failing, letter, answer);
      expect(answer.mock.calls).toEqual([['answers', `{"id":"${ID}","failure":"the database is away"}`]]);
    });

    it.each([
      ['that are foreign', 'hello\nworld'],
      ['to somebody else', letter.replace('books', 'billing')],
    ])('are removed %s, with one line in the log and no answer', async (_, text) => {
      const answer = jest.fn(async () => undefined);
      await new Reception('test').take('books', taken, text, answer);
      expect(answer).not.toHaveBeenCalled();
      expect(warn.mock.calls).toEqual([[expect.stringMatching(/^What came as a letter to books is removed: [^\n]+$/)]]);
    });

    it('never fail because an answer cannot be sent', async () => {
      await new Reception('test').take('books', taken, letter, () => Promise.reject(new Error('cut')));
      expect(warn.mock.calls).toEqual([[expect.stringContaining('cut')]]);
    });

    it('are handled once while copies of them come, and all are answered before it is drained', async () => {
      const reception = new Reception('test');
      const over = Promise.withResolvers<Acknowledgement>();
      const onBatch = jest.fn<OnBatch>(() => over.promise);
      const answer = jest.fn(async () => undefined);
      for (const _ of [1, 2, 3]) void reception.take('books', onBatch, letter, answer);
      const next = writeLetter({ id: ID, replyTo: 'answers', batch: { ...batch, number: 2 } }).join('\n');
      void reception.take('books', onBatch, next, answer);
      const drained = reception.drained();
      expect(onBatch).toHaveBeenCalledTimes(2);
      over.resolve({ kind: 'taken' });
      await drained;
      expect(answer).toHaveBeenCalledTimes(4);
      await reception.take('books', onBatch, letter, answer);
      expect(onBatch).toHaveBeenCalledTimes(3);
    });
  });
});

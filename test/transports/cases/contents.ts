import { createHash, randomBytes } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { v7 as uuidv7 } from 'uuid';
import type { Envelope } from '#kernel/contract/envelope';
import { Added, Changed, Sent } from '../modules.js';
import { messageOf, upTo } from '../stage.js';
import type { Trial } from '../trial.js';

/** The most that a payload may have, in bytes. */
const LIMIT = 256 * 1024;

/** What a message holds arrives as it was, and what cannot be taken is a dead letter that holds nobody up. */
export function contents(trial: Trial): void {
  describe('of any contents', () => {
    it('arrive unchanged at the largest size there is, several of them one after the other', async () => {
      const { stage } = trial;
      const key = trial.named('large');
      const room = LIMIT - Buffer.byteLength(JSON.stringify(messageOf(key, 0)));
      // What JSON must write as two bytes, and what UTF-8 must: the largest in more than one sense.
      const texts = ['x'.repeat(room), '"'.repeat(room / 2), 'é'.repeat(room / 2), randomText(room)];
      for (const [n, text] of texts.entries()) await stage.say(key, [n], { text });
      expect(await stage.takes(key, texts.length)).toEqual(upTo(texts.length));
      const { rows } = await stage.sql.query('select text from receiver.taken where key = $1 order by at', [key]);
      expect(rows.map(({ text }) => digestOf(text))).toEqual(texts.map(digestOf));
    });

    it('arrive unchanged whatever is written in their keys and payloads', async () => {
      const { stage } = trial;
      const prefix = trial.named('unicode');
      const texts = UNUSUAL.map((text) => `${prefix} ${text}`);
      for (const text of texts) await stage.say(text, [0, 1], { text });
      for (const text of texts) {
        expect(await stage.takes(text, 2)).toEqual([0, 1]);
        const { rows } = await stage.sql.query('select distinct text from receiver.taken where key = $1', [text]);
        expect(rows).toEqual([{ text }]);
      }
    });

    it('become dead letters where they break what their receiver reads, and those behind them are taken', async () => {
      const { stage } = trial;
      const key = trial.named('changed');
      await stage.publish((tx) => {
        tx.publish(Changed, { key, n: 'a word' });
        tx.publish(Sent, messageOf(key, 1));
      });
      expect(await stage.takes(key, 1)).toEqual([1]);
      expect(await trial.deadLetters(key)).toEqual([
        { type: Changed.name, reason: expect.stringContaining('The payload breaks the contract') },
      ]);
    });

    trial.given(
      'apps',
      'become dead letters where their receiver is of a version that knows no such type, and others are taken',
      async () => {
        const { stage } = trial;
        const key = trial.named('added');
        await stage.publish((tx) => {
          tx.publish(Added, { key, n: 1 });
          tx.publish(Sent, messageOf(key, 2));
        });
        expect(await stage.takes(key, 1)).toEqual([2]);
        expect(await trial.deadLetters(key)).toEqual([
          { type: Added.name, reason: `receiver has no handler for ${Added.name}.` },
        ]);
      },
    );

    it('become dead letters where a batch holds what is no message at all', async () => {
      const { stage } = trial;
      const source = trial.named('stranger');
      const good: Envelope = {
        specversion: '1.0',
        id: uuidv7(),
        source: `/${source}`,
        type: Sent.name,
        subject: source,
        time: new Date().toISOString(),
        datacontenttype: 'application/json',
        correlationid: 'c',
        data: messageOf(source, 1),
      };
      const flawed = [
        null,
        42,
        'text',
        [],
        {},
        { ...good, id: 'none' },
        { ...good, id: uuidv7(), source: '/sender' },
        { ...good, id: uuidv7(), subject: '\0' },
        { ...good, id: uuidv7(), subject: 'k'.repeat(5_000) },
        { ...good, id: uuidv7(), data: null },
        { ...good, id: uuidv7(), data: { key: source, n: 'x' } },
        JSON.parse(`{"__proto__":{"id":"x"},"constructor":null}`),
      ] as unknown as Envelope[];
      const [sender] = stage.running('sender');
      const answer = await sender?.transport.send({
        source,
        subscriber: 'receiver',
        partition: 0,
        epoch: 1,
        number: 1,
        generation: 0,
        messages: [...flawed, good],
      });
      expect(answer).toEqual({ kind: 'taken' });
      expect(await stage.takes(source, 1)).toEqual([1]);
      const { rows } = await stage.sql.query('select count(*)::int from receiver.dead_letter where source = $1', [
        source,
      ]);
      expect(rows).toEqual([{ count: flawed.length }]);
    });

    trial.given('bytes', 'are no messages where strangers put bytes in their place, which harm nobody', async () => {
      const { stage } = trial;
      const prefix = trial.named('hostile');
      const { rows: before } = await stage.sql.query('select count(*)::int from receiver.dead_letter');
      for (const [n, bytes] of HOSTILE.entries()) {
        await trial.inject(bytes);
        await stage.say(`${prefix}-${n}`, [0, 1]);
      }
      await trial.expectAll(
        prefix,
        HOSTILE.map((_, n) => `${prefix}-${n}`),
        2,
      );
      const { rows: after } = await stage.sql.query('select count(*)::int from receiver.dead_letter');
      expect(after).toEqual(before);
    });
  });
}

const UNUSUAL = [
  'ключ 鍵 مفتاح 🗝️ 👩‍👩‍👧‍👦',
  'é and e\u0301',
  '\u202Eright to left\u202C, \uFEFF and \u200B',
  '\u2028 \u2029 \n \r \t \u0001 \u007F',
  `"quoted" 'quoted' \\ / {"json": [1]} <xml/> $1 %s :: -- ;`,
  'a.b.*.> # c/d:e{f}',
  '𝒳\u{10FFFF}',
  ' spaces at both ends ',
];

const batchLike = (changes: object, ...messages: string[]) => {
  const around = { source: 'sender', subscriber: 'receiver', partition: 0, epoch: 1, number: 1, generation: 0 };
  return Buffer.from([JSON.stringify({ ...around, ...changes }), ...messages].join('\n'));
};

const HOSTILE = [
  Buffer.alloc(0),
  Buffer.from('hello'),
  Buffer.from('null'),
  Buffer.from('[]'),
  Buffer.from('{}'),
  Buffer.from('"text"'),
  Buffer.from('{"kind":"taken"}'),
  Buffer.from('{"source":"sender","subscriber":'),
  Buffer.from([0xff, 0xfe, 0x00, 0xc3, 0x28]),
  Buffer.alloc(1_000_000),
  randomBytes(4_096),
  Buffer.from('['.repeat(200_000)),
  batchLike({}),
  batchLike({ messages: [null] }),
  batchLike({}, '{"specversion":'),
  batchLike({}, 'null', ''),
  batchLike({}, ...new Array<string>(20_000).fill('null')),
  batchLike({ partition: -1 }, 'null'),
  batchLike({ epoch: 1.5 }, 'null'),
  batchLike({ number: '1' }, 'null'),
  batchLike({ source: "'; drop schema receiver cascade; --" }, 'null'),
  batchLike({ subscriber: 'nobody' }, 'null'),
];

function randomText(length: number): string {
  return randomBytes(length).toString('base64').slice(0, length);
}

function digestOf(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

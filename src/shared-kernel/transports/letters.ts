import { z } from 'zod';
import type { Envelope } from '../contract/envelope.js';
import { linesOf } from './lines.js';
import type { Acknowledgement, Batch } from './transport.js';

/** What came is no batch of ours: nothing in it can be taken, and nobody waits for an answer. */
export class ForeignLetter extends Error {}

const name = z.string().regex(/^[a-z][a-z0-9-]{0,39}$/);
const count = z.int().nonnegative();

/** More than any page has. */
const MOST_MESSAGES = 10_000;
/** With an address and what is around the messages. */
const MOST_LINES = MOST_MESSAGES + 2;

/** Around the messages; what each of them must be is the receiver's to say, which makes a dead letter of what is not. */
const Around = z.object({
  source: name,
  subscriber: name,
  partition: z.int().min(0).max(32_767),
  epoch: count,
  number: count,
  generation: count,
});

const Answer = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('taken') }),
  z.object({ kind: z.literal('expected'), number: count }),
  z.object({ kind: z.literal('stale') }),
  z.object({ kind: z.literal('paused') }),
]);

/**
 * A batch as it travels between apps, in lines of JSON: what is around the messages, then each of them, a CloudEvent in
 * its structured form.
 */
export function writeBatch(batch: Batch): string[] {
  const { source, subscriber, partition, epoch, number, generation } = batch;
  const messages = batch.written?.() ?? batch.messages.map((message) => JSON.stringify(message));
  return [JSON.stringify({ source, subscriber, partition, epoch, number, generation }), ...messages];
}

/**
 * @param lines of which those before `first` are not the batch's
 * @throws ForeignLetter
 */
export function readBatch(lines: readonly string[], first = 0): Batch {
  const around = readJson(Around, lines[first] ?? '', 'batch');
  const messages = lines.slice(first + 1).map((line) => parsed(line, 'message') as Envelope);
  if (messages.length === 0) throw new ForeignLetter('This is no batch: it has no messages.');
  return { ...around, messages };
}

/** @throws ForeignLetter where there are more than any letter has. */
export function linesIn(letter: Uint8Array | string): string[] {
  const lines = linesOf(letter, MOST_LINES + 1);
  if (lines.length > MOST_LINES) throw new ForeignLetter(`It has more than ${MOST_LINES} lines.`);
  return lines;
}

export function writeAcknowledgement(acknowledgement: Acknowledgement): string {
  return JSON.stringify(acknowledgement);
}

/** @throws ForeignLetter */
export function readAcknowledgement(text: string): Acknowledgement {
  return readJson(Answer, text, 'acknowledgement');
}

/** @throws ForeignLetter */
export function readJson<Shape>(schema: z.ZodType<Shape>, text: string, what: string): Shape {
  const read = schema.safeParse(parsed(text, what));
  if (read.success) return read.data;
  const [issue] = read.error.issues;
  throw new ForeignLetter(`This is no ${what}: ${issue?.path.join('.') || 'it'}: ${issue?.message}`);
}

function parsed(text: string, what: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new ForeignLetter(`This is no ${what}: it is no JSON.`);
  }
}

import { z } from 'zod';
import type { Acknowledgement, Batch } from './transport.js';

/** What came is no batch of ours: nothing in it can be taken, and nobody waits for an answer. */
export class ForeignLetter extends Error {}

const name = z.string().regex(/^[a-z][a-z0-9-]{0,39}$/);
const count = z.int().nonnegative();

/** More than any page has. */
const MOST_MESSAGES = 10_000;

/** Around the messages; what each of them must be is the receiver's to say, which makes a dead letter of what is not. */
const BatchAround = z.object({
  source: name,
  subscriber: name,
  partition: z.int().min(0).max(32_767),
  epoch: count,
  number: count,
  generation: count,
  messages: z.array(z.unknown()).min(1).max(MOST_MESSAGES),
});

const Answer = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('taken') }),
  z.object({ kind: z.literal('expected'), number: count }),
  z.object({ kind: z.literal('stale') }),
  z.object({ kind: z.literal('paused') }),
]);

/** A batch as it travels between apps: JSON, and each message of it a CloudEvent in its structured form. */
export function writeBatch(batch: Batch): string {
  return batch.written?.() ?? JSON.stringify(batch);
}

/** @throws ForeignLetter */
export function readBatch(text: string): Batch {
  return readJson(BatchAround, text, 'batch') as Batch;
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
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw new ForeignLetter(`This is no ${what}: it is no JSON.`);
  }
  const parsed = schema.safeParse(json);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new ForeignLetter(`This is no ${what}: ${issue?.path.join('.') || 'it'}: ${issue?.message}`);
}

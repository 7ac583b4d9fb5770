import { Logger } from '@nestjs/common';
import type { z } from 'zod';
import { type QuickReader, quickReader, UNSURE } from '../contract/quick-reader.js';
import { NoAnswer } from './no-answer.js';

const log = new Logger('requests');
const readers = new WeakMap<z.ZodType, QuickReader>();
const unsure = () => UNSURE;

/** What was said, if it keeps to the contract. @throws NoAnswer: one of the two programs is wrong, and the log says which. */
export function held<Schema extends z.ZodType>(schema: Schema, said: unknown, who: () => string): z.output<Schema> {
  const quick = readerOf(schema)(said);
  if (quick !== UNSURE) return quick as z.output<Schema>;
  const read = schema.safeParse(said);
  if (read.success) return read.data;
  const issues = read.error.issues.map(({ path, message }) => `${path.join('.') || 'as a whole'}: ${message}`);
  const message = `${who()} what breaks its contract: ${issues.join('; ')}.`;
  log.error(message);
  throw new NoAnswer('broken-contract', message);
}

/** Made when it is first needed, as most queries of a contract are never asked in a process. */
function readerOf(schema: z.ZodType): QuickReader {
  const known = readers.get(schema);
  if (known) return known;
  const made = quickReader(schema) ?? unsure;
  readers.set(schema, made);
  return made;
}

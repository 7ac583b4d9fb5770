import { Logger } from '@nestjs/common';
import type { z } from 'zod';
import { readBy } from '../contract/quick-reader.js';
import { NoAnswer } from './no-answer.js';

const log = new Logger('requests');

/** What was said, if it keeps to the contract. @throws NoAnswer: one of the two programs is wrong, and the log says which. */
export function held<Schema extends z.ZodType>(schema: Schema, said: unknown, who: () => string): z.output<Schema> {
  const read = readBy(schema, said);
  if (read.success) return read.data;
  const issues = read.error.issues.map(({ path, message }) => `${path.join('.') || 'as a whole'}: ${message}`);
  const message = `${who()} what breaks its contract: ${issues.join('; ')}.`;
  log.error(message);
  throw new NoAnswer('broken-contract', message);
}

import { z } from 'zod';
import { DomainError, type DomainErrorKind } from '../contract/domain-error.js';
import { NoAnswer, REASONS } from './no-answer.js';

/** A query is answered now; what may take longer is a command, whose outcome comes as an event. In milliseconds. */
export const LONGEST = 60_000;

/** A question on its way to another app, as JSON. */
export interface Question {
  /** The query's name. */
  readonly type: string;
  /** The module that asks. */
  readonly source: string;
  /** What is left of the asker's time. In milliseconds. */
  readonly within: number;
  readonly correlationid: string;
  readonly causationid?: string | undefined;
  readonly traceparent?: string | undefined;
  readonly tracestate?: string | undefined;
  readonly data: unknown;
}

const KINDS = {
  'not-found': true,
  conflict: true,
  unprocessable: true,
  forbidden: true,
  unauthorized: true,
  'too-many': true,
  unavailable: true,
} satisfies Record<DomainErrorKind, true>;

const Refused = z.object({
  kind: z.enum(Object.keys(KINDS) as [DomainErrorKind]),
  code: z.string(),
  message: z.string(),
  errors: z.array(z.object({ field: z.string(), message: z.string() })).exactOptional(),
  retryAfterSeconds: z.number().exactOptional(),
});
const Instead = z.union([
  z.object({ refused: Refused }),
  z.object({ noAnswer: z.object({ reason: z.enum(REASONS), message: z.string() }) }),
]);

/** What came back: the owner's answer, not held against the contract yet, or its refusal. */
export type Reply = { readonly data: unknown } | { readonly refused: DomainError };

export function writeQuestion(question: Question): string {
  return JSON.stringify(question);
}

/** @throws NoAnswer for what is no question. */
export function readQuestion(bytes: Buffer): Question {
  const question = parsed(bytes) as Partial<Question> | null;
  const isWhole =
    typeof question?.type === 'string' &&
    typeof question.source === 'string' &&
    typeof question.correlationid === 'string' &&
    typeof question.within === 'number' &&
    question.within > 0 &&
    question.within <= LONGEST;
  if (!isWhole)
    throw new NoAnswer(
      'broken-contract',
      'That is no question: type, source, within or correlationid is missing or wrong.',
    );
  return question as Question;
}

export function writeReply(reply: unknown): string {
  return `{"data":${JSON.stringify(reply)}}`;
}

/** The owner's own word is passed on as it is; of anything else only what {@link NoAnswer} says. */
export function writeRefusal({ kind, code, message, errors, retryAfterSeconds }: DomainError): string {
  return JSON.stringify({ refused: { kind, code, message, errors, retryAfterSeconds } });
}

export function writeNoAnswer({ reason, message }: NoAnswer): string {
  return JSON.stringify({ noAnswer: { reason, message } });
}

/** @throws NoAnswer where the other end could give none. */
export function readReply(bytes: Buffer): Reply {
  const reply = parsed(bytes) as { data?: unknown } | null;
  if (reply?.data !== undefined) return { data: reply.data };
  const instead = Instead.safeParse(reply);
  if (!instead.success) throw new NoAnswer('broken-contract', 'What came back is no answer.');
  if ('noAnswer' in instead.data) throw new NoAnswer(instead.data.noAnswer.reason, instead.data.noAnswer.message);
  const { kind, code, message, ...more } = instead.data.refused;
  return { refused: new DomainError(kind, code, message, more) };
}

function parsed(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString());
  } catch {
    throw new NoAnswer('broken-contract', 'What came is no JSON.');
  }
}

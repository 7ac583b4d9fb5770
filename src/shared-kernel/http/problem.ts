import { STATUS_CODES } from 'node:http';
import { HttpException } from '@nestjs/common';
import { z } from 'zod';
import { DomainError, type DomainErrorKind, type FieldError } from '../contract/domain-error.js';
import { isUnavailable } from '../persistence/failures.js';
import { ModuleFenced } from '../persistence/fence.js';
import { NoAnswer } from '../requests/no-answer.js';

export const PROBLEM_MEDIA_TYPE = 'application/problem+json';

/** The one shape of every answer from 400 up: RFC 9457, "Problem Details for HTTP APIs". */
export const Problem = z.object({
  type: z.string().describe('a stable URN for the kind of problem, or about:blank where the status says it all'),
  title: z.string(),
  status: z.int(),
  detail: z.string().describe('what was wrong this time, and how to mend it'),
  correlationId: z.string().optional().describe('names this request in the logs'),
  errors: z
    .array(z.object({ field: z.string(), message: z.string() }))
    .optional()
    .describe('the offending fields, as in lines[0].quantity'),
});
export type Problem = z.infer<typeof Problem>;

/** A problem, and what its answer carries beside the body. */
export interface Refusal {
  problem: Problem;
  headers?: Record<string, string>;
}

const STATUS_OF: Record<DomainErrorKind, number> = {
  'not-found': 404,
  conflict: 409,
  unprocessable: 422,
  forbidden: 403,
  unauthorized: 401,
  'too-many': 429,
  unavailable: 503,
};

/** Errors about a URL repeat it, and it may be as long as a header can be. */
const LONGEST_DETAIL = 500;

const RETRY_AFTER_SECONDS = 2;

/** Turns whatever was thrown into what the client may know of it. Nothing of an unexpected error gets out. */
export function refusalOf(error: unknown): Refusal {
  if (error instanceof DomainError) return fromDomain(error);
  if (error instanceof ModuleFenced || error instanceof NoAnswer || isUnavailable(error)) return unavailable();
  if (error instanceof HttpException) return fromStatus(error.getStatus(), error.message);
  const status = statusOfFramework(error);
  if (status === 503) return unavailable();
  if (status !== undefined) return fromStatus(status, (error as Error).message);
  return fromStatus(500, 'Something went wrong here. The correlation id finds it in the logs.');
}

/** Input that breaks the schema of a body, query or path: which fields, and why. */
export function invalidInput(errors: FieldError[]): DomainError {
  const [first] = errors;
  const detail = first ? `${first.field}: ${first.message}` : 'The input is not valid.';
  return new DomainError('unprocessable', 'invalid-input', detail, { errors });
}

function fromDomain(error: DomainError): Refusal {
  const status = STATUS_OF[error.kind];
  const type = `urn:problem:${error.code}`;
  const problem: Problem = { type, title: titleOf(status), status, detail: error.message };
  if (error.errors) problem.errors = error.errors;
  return error.retryAfterSeconds === undefined
    ? { problem }
    : { problem, headers: retryAfter(error.retryAfterSeconds) };
}

function fromStatus(status: number, detail: string): Refusal {
  if (status === 503) return unavailable();
  if (status === 415) return unsupportedMediaType();
  const problem = { type: 'about:blank', title: titleOf(status), status, detail: detail.slice(0, LONGEST_DETAIL) };
  return status === 504 ? { problem, headers: retryAfter(RETRY_AFTER_SECONDS) } : { problem };
}

/** Says what would do (RFC 9110, 15.5.16). */
function unsupportedMediaType(): Refusal {
  const detail = 'A body is taken as JSON only: send it with "Content-Type: application/json".';
  return {
    problem: { type: 'about:blank', title: titleOf(415), status: 415, detail },
    headers: { accept: 'application/json' },
  };
}

function unavailable(): Refusal {
  const detail = 'This part of the system cannot answer just now. Try again shortly.';
  const problem = { type: 'urn:problem:unavailable', title: titleOf(503), status: 503, detail };
  return { problem, headers: retryAfter(RETRY_AFTER_SECONDS) };
}

function retryAfter(seconds: number): Record<string, string> {
  return { 'retry-after': String(Math.ceil(seconds)) };
}

/** Only Fastify's own errors and its JSON parser's may name a status: any other library's `statusCode` means something else. */
function statusOfFramework(error: unknown): number | undefined {
  if (!(error instanceof Error) || !('statusCode' in error) || typeof error.statusCode !== 'number') return undefined;
  const fromFastify = 'code' in error && typeof error.code === 'string' && error.code.startsWith('FST_');
  const known = fromFastify || error instanceof SyntaxError;
  return known && (error.statusCode < 500 || error.statusCode === 503) ? error.statusCode : undefined;
}

function titleOf(status: number): string {
  return STATUS_CODES[status] ?? 'Error';
}

import { createHash, createHmac } from 'node:crypto';
import {
  applyDecorators,
  type CallHandler,
  type ExecutionContext,
  Injectable,
  type NestInterceptor,
  type Type,
  UseInterceptors,
} from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { from, lastValueFrom, type Observable } from 'rxjs';
import { DomainError } from '../contract/domain-error.js';
import { type Transaction, UnitOfWork } from '../persistence/unit-of-work.js';
import { Answer } from './answer.js';
import { TakesIdempotencyKey } from './openapi.js';
import { invalidInput } from './problem.js';
import { Turns } from './turns.js';

/**
 * Doing it twice under one `Idempotency-Key` does it once and answers the same again. For routes that create.
 * `before` come first, outside the transaction in which the route runs: for what takes long and writes nothing.
 */
export const Idempotent = (...before: Type<NestInterceptor>[]) =>
  applyDecorators(UseInterceptors(...before, IdempotencyInterceptor), TakesIdempotencyKey());

/** Well below the 5 s of silence after which the server ends a transaction. In milliseconds. */
const STAY_AWAKE_EVERY = 2_000;
/** Work that hangs for ever must not hold its connection and its locks as long. In milliseconds. */
const LONGEST_WORK = 300_000;

/** Says of an answer that it was given before, under the same key. */
export const REPLAYED = 'idempotency-replayed';

const VISIBLE_ASCII = /^[\x21-\x7e]{1,255}$/;

export interface Attempt {
  scope: string;
  key: string;
  fingerprint: string;
}

/**
 * Draft "The Idempotency-Key HTTP Header Field" (draft-ietf-httpapi-idempotency-key-header), within one transaction:
 * claim the key, run the handler as part of the transaction, keep its answer, commit. A second request under the key
 * waits on the row that the first has not committed yet, then finds its answer; a handler that fails leaves no row.
 */
@Injectable()
export class IdempotencyInterceptor implements NestInterceptor {
  /** Twins in one process queue here: on the row they would wait with a connection each, and empty a small pool. */
  private readonly turns = new Turns();

  constructor(private readonly unitOfWork: UnitOfWork) {}

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const http = context.switchToHttp();
    const attempt = attemptUnderKey(http.getRequest<FastifyRequest>());
    if (attempt === undefined) return next.handle();
    const work = () => this.once(attempt, http.getResponse(), next);
    return from(this.turns.take(`${attempt.scope} ${attempt.key}`, work));
  }

  private once(attempt: Attempt, reply: FastifyReply, next: CallHandler): Promise<Answer> {
    return this.unitOfWork.transaction(async (tx) => {
      if (!(await claim(tx, attempt))) {
        const answer = await earlierAnswer(tx, attempt);
        reply.header(REPLAYED, 'true');
        return answer;
      }
      const result = await keptAwake(tx, () => lastValueFrom(next.handle()));
      const answer = result instanceof Answer ? result : new Answer(reply.statusCode, result);
      await keep(tx, attempt, answer);
      return answer;
    });
  }
}

/** What a request under a key is known by; undefined for one without a key. */
export function attemptUnderKey(request: FastifyRequest): Attempt | undefined {
  const key = idempotencyKey(request);
  return key === undefined ? undefined : attemptOf(request, key);
}

/** The route may work in transactions of other modules for longer than the server bears this one to be silent. */
async function keptAwake<Result>(tx: Transaction, work: () => Promise<Result>): Promise<Result> {
  const until = performance.now() + LONGEST_WORK;
  const timer = setInterval(() => performance.now() < until && tx.stayAwake(), STAY_AWAKE_EVERY);
  try {
    return await work();
  } finally {
    clearInterval(timer);
  }
}

function idempotencyKey(request: FastifyRequest): string | undefined {
  const key = request.headers['idempotency-key'];
  if (key === undefined || (typeof key === 'string' && VISIBLE_ASCII.test(key))) return key as string | undefined;
  throw invalidInput([{ field: 'Idempotency-Key', message: 'must be 1 to 255 visible ASCII characters' }]);
}

/**
 * Keys are the client's own, so they count per route and principal; where nobody is signed in, per network address, or
 * one stranger could use up the keys of all others. Anonymous callers behind one address still share theirs, and whoever
 * comes back from another address is somebody new.
 *
 * Neither the key nor the body is kept: the fingerprint is keyed by the key, so that whoever reads the table cannot
 * guess a body (a password in it) by hashing.
 */
function attemptOf(request: FastifyRequest, key: string): Attempt {
  const scope = `${request.method} ${request.routeOptions.url} ${request.principal?.id ?? `anyone at ${request.ip}`}`;
  const said = canonicalJson({ body: request.body, params: request.params });
  return {
    scope,
    key: createHash('sha256').update(key).digest('hex'),
    fingerprint: createHmac('sha256', key).update(said).digest('hex'),
  };
}

async function claim(tx: Transaction, { scope, key, fingerprint }: Attempt): Promise<boolean> {
  const claimed = await tx.query(
    'insert into idempotency_key (scope, key, fingerprint) values ($1, $2, $3) on conflict do nothing returning key',
    [scope, key, fingerprint],
  );
  return claimed.length === 1;
}

/** The body is kept as text inside the jsonb, which would otherwise put its properties in another order. */
async function keep(tx: Transaction, { scope, key }: Attempt, answer: Answer): Promise<void> {
  await tx.query(
    `update idempotency_key set status = $3, headers = $4::jsonb, body = to_jsonb($5::text) where scope = $1 and key = $2`,
    [scope, key, answer.status, JSON.stringify({ location: answer.location }), JSON.stringify(answer.body)],
  );
}

interface Kept {
  fingerprint: string;
  status: number;
  location: string | null;
  body: string | null;
}

async function earlierAnswer(tx: Transaction, { scope, key, fingerprint }: Attempt): Promise<Answer> {
  const [kept] = await tx.query<Kept>(
    `select fingerprint, status, headers ->> 'location' as location, body #>> '{}' as body
       from idempotency_key where scope = $1 and key = $2`,
    [scope, key],
  );
  if (kept?.fingerprint !== fingerprint) throw usedForAnother();
  return new Answer(kept.status, kept.body === null ? undefined : JSON.parse(kept.body), kept.location ?? undefined);
}

export function usedForAnother(): DomainError {
  const message = 'This Idempotency-Key was used for another body. Send the same body again, or take a new key.';
  return new DomainError('conflict', 'idempotency-key-reused', message);
}

/** Properties in order of name, so that two ways to write one object have one fingerprint. */
function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_name, part: unknown) => (isRecord(part) ? sorted(part) : part)) ?? 'null';
}

function sorted(record: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1)));
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

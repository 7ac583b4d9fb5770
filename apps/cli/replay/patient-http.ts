import { setTimeout as sleep } from 'node:timers/promises';
import { UserError } from '../user-error.js';

export interface Request {
  method: 'GET' | 'POST';
  path: string;
  headers?: Record<string, string>;
  body?: unknown;
}

export interface Answer {
  status: number;
  body: unknown;
  /** The server did this for an earlier request under the same key, and answers as it did then. */
  replayed: boolean;
}

export interface Patience {
  /** How long one request is tried again while the server is away, fails or asks to slow down. */
  outageMs: number;
  /** How long one attempt may take. */
  attemptMs: number;
  firstDelayMs: number;
  longestDelayMs: number;
}

export const PATIENCE: Patience = { outageMs: 60_000, attemptMs: 30_000, firstDelayMs: 100, longestDelayMs: 5_000 };

export const RUN_AGAIN = 'Run the same command again: it goes on where this one stopped, and nothing happens twice.';

interface Failure {
  what: string;
  /** The server itself asked to wait this long. */
  waitMs: number;
  unreachable: boolean;
}

export interface Surroundings {
  url: string;
  signal: AbortSignal;
  say: (sentence: string) => void;
  patience: Patience;
}

/**
 * Sends a request until it gets an answer worth having: what fails on the way, a 5xx and a 429 are tried again with
 * exponential backoff and full jitter. Safe because everything the replay creates carries an idempotency key.
 */
export class PatientHttp {
  /** When the server was last found to be back after an outage: what waits for progress starts counting anew. */
  backSince = 0;
  private everAnswered = false;
  private outageSaid = false;

  constructor(private readonly surroundings: Surroundings) {}

  get url(): string {
    return this.surroundings.url;
  }

  async send(request: Request): Promise<Answer> {
    const { patience, signal } = this.surroundings;
    const started = performance.now();
    for (let attempt = 0; ; attempt++) {
      const outcome = await this.attempt(request);
      if ('status' in outcome) return outcome;
      const delay = Math.max(outcome.waitMs, backoff(attempt, patience));
      const spent = performance.now() - started;
      if (spent + delay > patience.outageMs) throw this.givenUp(request, outcome, spent);
      if (attempt > 0) this.sayOutage(outcome);
      await sleep(delay, undefined, { signal });
    }
  }

  private async attempt(request: Request): Promise<Answer | Failure> {
    try {
      const answer = await this.fetch(request);
      if (answer.ok) this.sayBack();
      return answer.outcome;
    } catch (error) {
      this.surroundings.signal.throwIfAborted();
      const what = causeOf(error);
      if (!this.everAnswered) throw notStarted(this.url, what);
      return { what, waitMs: 0, unreachable: true };
    }
  }

  private async fetch({ method, path, headers, body }: Request): Promise<{ ok: boolean; outcome: Answer | Failure }> {
    const response = await fetch(`${this.url}${path}`, {
      method,
      headers: { accept: 'application/json', ...(body ? { 'content-type': 'application/json' } : {}), ...headers },
      body: body ? JSON.stringify(body) : null,
      redirect: 'manual',
      signal: AbortSignal.any([this.surroundings.signal, AbortSignal.timeout(this.surroundings.patience.attemptMs)]),
    });
    const text = await response.text();
    this.everAnswered = true;
    const { status } = response;
    const answer = { status, body: parseJson(text), replayed: response.headers.get('idempotency-replayed') === 'true' };
    if (status < 500 && status !== 429) return { ok: true, outcome: answer };
    const waitMs = secondsIn(response.headers.get('retry-after')) * 1000;
    return { ok: false, outcome: { what: problemIn(answer), waitMs, unreachable: false } };
  }

  private sayOutage({ what, unreachable }: Failure): void {
    if (this.outageSaid) return;
    this.outageSaid = true;
    const { say, patience } = this.surroundings;
    const state = unreachable ? `does not answer (${what})` : `answers ${what}`;
    say(`${this.url} ${state}; trying again for up to ${seconds(patience.outageMs)}.`);
  }

  private sayBack(): void {
    if (!this.outageSaid) return;
    this.outageSaid = false;
    this.backSince = performance.now();
    this.surroundings.say(`${this.url} answers again.`);
  }

  private givenUp({ method, path }: Request, { what, waitMs, unreachable }: Failure, spentMs: number): UserError {
    if (waitMs > this.surroundings.patience.outageMs) {
      return new UserError(
        `${method} ${path}: ${this.url} answers ${what} and asks to wait ${seconds(waitMs)}.`,
        RUN_AGAIN,
      );
    }
    const state = unreachable ? `has not answered for ${seconds(spentMs)} (${what})` : `keeps answering ${what}`;
    return new UserError(`${method} ${path}: ${this.url} ${state}.`, RUN_AGAIN);
  }
}

/** What a problem document says, in one line. */
export function problemIn({ status, body }: Pick<Answer, 'status' | 'body'>): string {
  const problem = (typeof body === 'object' && body !== null ? body : {}) as Problem;
  const fields = problem.errors?.map(({ field, message }) => `${field}: ${message}`) ?? [];
  const said = [problem.detail ?? problem.title, ...fields].filter((part) => part !== undefined);
  return said.length > 0 ? `${status}, ${said.join('; ')}` : `${status}`;
}

interface Problem {
  title?: string;
  detail?: string;
  errors?: { field: string; message: string }[];
}

function backoff(attempt: number, { firstDelayMs, longestDelayMs }: Patience): number {
  return Math.random() * Math.min(longestDelayMs, firstDelayMs * 2 ** attempt);
}

function notStarted(url: string, cause: string): UserError {
  return new UserError(
    `Nothing answers at ${url} (${cause}). Is it started?`,
    'Start it with `npm start` and wait until it says it is ready, or give its address with --url.',
  );
}

/** fetch says only "fetch failed"; the reason is in its cause, and for a name with several addresses in a list there. */
function causeOf(error: unknown): string {
  const { name, cause, message } = error as Error & { cause?: { code?: string; message?: string } };
  if (name === 'TimeoutError') return 'no answer in time';
  return cause?.code ?? (cause?.message || message);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function secondsIn(retryAfter: string | null): number {
  const value = Number(retryAfter ?? 0);
  return Number.isFinite(value) ? Math.max(0, value) : 0;
}

function seconds(ms: number): string {
  return `${Math.round(ms / 1000)} s`;
}

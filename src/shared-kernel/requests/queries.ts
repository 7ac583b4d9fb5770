import type { QueryType, ReplyOf, RequestOf } from '../contract/query.js';
import { LONGEST } from './letters.js';
import type { Requests } from './requests.js';

export { NoAnswer } from './no-answer.js';

export interface AskOptions {
  /** How long the asker waits, in milliseconds; less when those who wait for the asker do not wait that long. */
  readonly within: number;
  /** Aborted when the asker wants no answer any more; so is the answerer's own signal then. */
  readonly signal?: AbortSignal | undefined;
}

/** A module's way to ask others, injected like its `UnitOfWork`. */
export class Queries {
  constructor(
    private readonly module: string,
    private readonly asks: ReadonlySet<QueryType>,
    private readonly requests: Requests,
  ) {}

  /**
   * Asks the query's owner, wherever it lives. Never inside a transaction that could do without: its locks wait as well.
   * @throws DomainError what the owner refuses; NoAnswer for everything else, so that the caller says what it does then
   */
  ask<Query extends QueryType>(
    query: Query,
    request: RequestOf<Query>,
    { within, signal }: AskOptions,
  ): Promise<ReplyOf<Query>> {
    if (!this.asks.has(query))
      return Promise.reject(
        new Error(
          `${this.module} does not say that it asks ${query.name}: add it to "asks" of BoundedContext.register.`,
        ),
      );
    if (!(within > 0 && within <= LONGEST))
      return Promise.reject(
        new Error(`${query.name} is asked within ${within} ms: name a deadline of 1 to ${LONGEST} milliseconds.`),
      );
    return this.requests.ask(this.module, query, request, within, signal);
  }
}

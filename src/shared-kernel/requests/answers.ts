import 'reflect-metadata';
import type { QueryType, ReplyOf, RequestOf } from '../contract/query.js';
import type { Asked } from './call.js';

type Answering<Query extends QueryType> = (
  request: RequestOf<Query>,
  asked: Asked,
) => Promise<ReplyOf<Query>> | ReplyOf<Query>;

/** Whoever answers a query, bound and ready. */
export interface Answerer {
  readonly query: QueryType;
  readonly answer: (request: unknown, asked: Asked) => unknown;
}

const ANSWERS = Symbol('seamline:answers');

interface Declared {
  readonly query: QueryType;
  readonly method: string;
}

/** Makes the method the one that answers a query which this module owns. It reads, and changes nothing. */
export function Answers<Query extends QueryType>(
  query: Query,
): <Method extends Answering<Query>>(
  target: object,
  method: string,
  descriptor: TypedPropertyDescriptor<Method>,
) => void {
  return (target, method) => {
    const already: Declared[] = Reflect.getOwnMetadata(ANSWERS, target.constructor) ?? [];
    Reflect.defineMetadata(ANSWERS, [...already, { query, method }], target.constructor);
  };
}

/** The queries that the methods of a class answer. */
export function answeredBy(provider: abstract new (...args: never[]) => unknown): QueryType[] {
  return declaredBy(provider).map(({ query }) => query);
}

/** The methods that a provider declares with @Answers, bound to it. */
export function bindAnswers(provider: object): Answerer[] {
  const declared = declaredBy(provider.constructor);
  const methods = provider as Record<string, (request: unknown, asked: Asked) => unknown>;
  return declared.map(({ query, method }) => ({
    query,
    answer: (request, asked) => methods[method]?.(request, asked),
  }));
}

function declaredBy(provider: object): Declared[] {
  return Reflect.getOwnMetadata(ANSWERS, provider) ?? [];
}

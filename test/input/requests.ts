import fc from 'fast-check';
import { Outgoing } from './exchange.js';
import {
  encoded,
  hostileHeaders,
  hostileSegments,
  JSON_TYPE,
  payloads,
  placesIn,
  queryParts,
  spoiltInOnePlace,
  WORST_TEXTS,
} from './hostile.js';
import { type Json, jsonText } from './json.js';
import { type Operation, pathWith } from './operations.js';
import { allowedBy, type Known } from './schema.js';

type Headers = [string, string][];

/** What somebody may send to one route, from sound to absurd. */
export function anyRequest(operation: Operation, known: Known, tokens: string[]): fc.Arbitrary<Outgoing> {
  const allowed = operation.body ? allowedBy(operation.body, known) : fc.constant<Json>({});
  const seldom = operation.body ? 9 : 1;
  return fc
    .record({
      target: targets(operation, known),
      payload: fc.oneof(
        { weight: seldom, arbitrary: payloads(allowed) },
        { weight: 10 - seldom, arbitrary: fc.constant({ bytes: undefined, headers: [] as Headers }) },
      ),
      authorization: authorizations(tokens),
      headers: hostileHeaders,
    })
    .map(
      ({ target, payload, authorization, headers }) =>
        new Outgoing(operation.method, target, [...authorization, ...payload.headers, ...headers], payload.bytes),
    );
}

/** What the documentation says will do: the shop may refuse it, but for reasons of its own. */
export function allowedRequest(operation: Operation, known: Known, token: string): fc.Arbitrary<Outgoing> {
  return allowedParts(operation, known).map((parts) => assembled(operation, parts, token));
}

/** One allowed request with each of its parts in turn replaced by what most often gets past a check. */
export function spoiltInOnePart(operation: Operation, known: Known, token: string, seed: number): Outgoing[] {
  const samples = fc.sample(allowedParts(operation, known), { numRuns: 50, seed });
  const sizes = samples.filter(({ body }) => placesIn(body) <= MANY_PLACES);
  const [richest] = sizes.sort((one, other) => placesIn(other.body) - placesIn(one.body));
  if (!richest) throw new Error(`${operation.name}: no sample of its body is small enough.`);
  const parts = [
    ...Object.keys(richest.values).flatMap((name) =>
      WORST_TEXTS.map((worst) => ({ ...richest, values: { ...richest.values, [name]: worst } })),
    ),
    ...parametersIn('query', operation).flatMap(({ name }) =>
      WORST_TEXTS.map((worst) => ({ ...richest, search: `?${name}=${worst}` })),
    ),
    ...(richest.body === undefined ? [] : spoiltInOnePlace(richest.body)).map((body) => ({ ...richest, body })),
  ];
  return parts.map((each) => assembled(operation, each, token));
}

const MANY_PLACES = 25;

interface Parts {
  /** Of the path's parameters, as they stand on the wire. */
  values: Record<string, string>;
  search?: string;
  body: Json | undefined;
}

function allowedParts(operation: Operation, known: Known): fc.Arbitrary<Parts> {
  const body = operation.body ? allowedBy(operation.body, known) : fc.constant(undefined);
  const values = parametersIn('path', operation).map(
    ({ name, schema }) => [name, allowedBy(schema, known, name).map((value) => encoded(value as string))] as const,
  );
  return fc.record({ values: fc.record(Object.fromEntries(values)), body });
}

function assembled(operation: Operation, { values, search = '', body }: Parts, token: string): Outgoing {
  const target = pathWith(operation, ({ name }) => values[name] as string) + search;
  const headers: Headers = [['authorization', `Bearer ${token}`]];
  if (body === undefined) return new Outgoing(operation.method, target, headers);
  return new Outgoing(operation.method, target, [...headers, JSON_TYPE], Buffer.from(jsonText(body)));
}

function parametersIn(place: 'path' | 'query', { parameters }: Operation) {
  return parameters.filter((parameter) => parameter.in === place);
}

function targets(operation: Operation, known: Known): fc.Arbitrary<string> {
  const values = parametersIn('path', operation).map(({ name, schema }) => {
    const sound = allowedBy(schema, known, name).map((value) => encoded(value as string));
    return [name, fc.oneof({ weight: 3, arbitrary: sound }, { weight: 1, arbitrary: hostileSegments })] as const;
  });
  const query = parametersIn('query', operation).map(({ name, schema }) =>
    allowedBy(schema, known, name).map((value): [string, Json] => [name, value]),
  );
  const parts = queryParts(query.length > 0 ? fc.oneof(...query) : fc.constant(['unknown', '1']));
  const search = fc.oneof(fc.constant([]), fc.array(parts, { maxLength: 4 }));
  return fc.record({ values: fc.record(Object.fromEntries(values)), search }).map(({ values, search }) => {
    const path = pathWith(operation, ({ name }) => values[name] as string);
    return search.length > 0 ? `${path}?${search.join('&')}` : path;
  });
}

const AUTHORIZATIONS = [
  'Bearer',
  'Bearer a.b.c',
  'Basic YTpi',
  'Bearer two tokens',
  `Bearer ${'x'.repeat(5_000)}`,
  '\u00ff',
];

function authorizations(tokens: string[]): fc.Arbitrary<Headers> {
  const one = (value: string): Headers => [['authorization', value]];
  return fc.oneof(
    { weight: 8, arbitrary: fc.constantFrom(...tokens).map((token) => one(`Bearer ${token}`)) },
    { weight: 1, arbitrary: fc.constant<Headers>([]) },
    { weight: 1, arbitrary: fc.constantFrom(...AUTHORIZATIONS).map(one) },
  );
}

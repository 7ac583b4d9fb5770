import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { isRecord, type Json, jsonText, Verbatim } from './json.js';

const HOSTILE_TEXTS = [
  '',
  ' ',
  '\0',
  'a\0b',
  '\ud800',
  '\udc00x',
  '\ufeff',
  '\ufffd',
  '\u202e\u0645\u0631\u062d\u0628\u0627',
  '👩‍👩‍👧‍👦',
  'Z\u0351\u036b\u0343',
  '\r\nSet-Cookie: a=b',
  '\u0001\u001b[31m',
  "' or 1=1 --",
  '%',
  '\\',
  '__proto__',
  'constructor',
  'NaN',
  '-Infinity',
  'null',
  '0x10',
  '1e308',
  '-1',
  '９９',
  '2.55 ',
  '+2.55',
  '.5',
  '99999999999999.99999',
  '00000000-0000-0000-0000-00000000000g',
  '{00000000-0000-0000-0000-000000000000}',
  'x'.repeat(300),
  '😀'.repeat(300),
  'x'.repeat(100_000),
];

/** Numbers as no JSON.stringify would write them, and what only looks like JSON. */
const HOSTILE_TOKENS = [
  '-0',
  '0.1',
  '1.0',
  '1e0',
  '1E+2',
  '1e308',
  '1e999',
  '-1e999',
  '5e-324',
  '9007199254740993',
  '99999999999999999999999999999999',
  `1${'0'.repeat(400)}`,
  '"\\u0000"',
  '"\\ud800"',
  '"\\uD83D\\uDE00"',
  '{"__proto__":{"isAdmin":true}}',
  '{"constructor":{"prototype":{"isAdmin":true}}}',
  `${'['.repeat(60)}${']'.repeat(60)}`,
  `${'['.repeat(5_000)}${']'.repeat(5_000)}`,
  `${'{"a":'.repeat(5_000)}1${'}'.repeat(5_000)}`,
  '{"a":1,"a":"2"}',
  'undefined',
  'NaN',
  '01',
  "'single'",
  '"unended',
];

export const hostileTexts = fc.oneof(fc.constantFrom(...HOSTILE_TEXTS), fc.string({ unit: 'binary' }));

const hostileValues: fc.Arbitrary<Json> = fc.oneof(
  hostileTexts,
  fc.constantFrom(...HOSTILE_TOKENS).map((text) => new Verbatim(text)),
  fc.constantFrom<Json>(null, true, false, 0, -1, 2 ** 31, 2 ** 53, [], {}, [null], { amount: '1' }),
  fc.jsonValue().map((value) => new Verbatim(JSON.stringify(value))),
);

/** Takes a value at its word no longer: puts something else in one place of it. */
type Mutation = (place: Json) => Json;

const anywhere: fc.Arbitrary<Mutation> = fc.oneof(
  { weight: 4, arbitrary: hostileValues.map((value) => () => value) },
  fc.constantFrom<Mutation>(
    (place) => [place],
    (place) => ({ value: place }),
    (place) => (Array.isArray(place) ? [...place, ...place] : [place, place]),
    (place) => (Array.isArray(place) ? { ...(place as Json[]) } : null),
    (place) => (isRecord(place) ? without(place) : place),
    (place) => (isRecord(place) ? { ...place, extra: 1 } : place),
    (place) => withFirst(place, '"__proto__":{"isAdmin":true}'),
    (place) => withFirst(place, '"sku":"one","sku":"two"'),
    (place) => (typeof place === 'number' ? String(place) : new Verbatim(jsonText(place))),
  ),
);

/** An allowed value, spoilt in one place or several. */
export function spoilt(allowed: fc.Arbitrary<Json>): fc.Arbitrary<Json> {
  const changes = fc.array(fc.tuple(fc.nat(), anywhere), { minLength: 1, maxLength: 3 });
  return fc
    .tuple(allowed, changes)
    .map(([value, all]) => all.reduce((changed, [at, mutation]) => changedAt(changed, at, mutation), value));
}

const WORST_VALUES: Json[] = [
  ...[null, true, [], {}, '', '\0', '\ud800', 'x'.repeat(100_000)],
  ...['-0', '1e999', '9007199254740993', '0.1'].map((text) => new Verbatim(text)),
];

/** What most often gets past a check and does its harm behind it, as it stands in a path or a query. */
export const WORST_TEXTS = ['', '%00', '%ED%A0%80', '%zz', '..', '%2F', '-1', '%25%5C_', 'x'.repeat(5_000)];

/** A value with each of its places in turn replaced by each of the worst. */
export function spoiltInOnePlace(value: Json): Json[] {
  const places = Array.from({ length: placesIn(value) }, (_, at) => at);
  return places.flatMap((at) => WORST_VALUES.map((worst) => changedAt(value, at, () => worst)));
}

/** @param at picks one of the places of the value, the whole of it included */
function changedAt(value: Json, at: number, mutation: Mutation): Json {
  const chosen = at % placesIn(value);
  if (chosen === 0) return mutation(value);
  let before = 1;
  const change = (part: Json): Json => {
    const mine = chosen - before;
    before += placesIn(part);
    return mine >= 0 && mine < placesIn(part) ? changedAt(part, mine, mutation) : part;
  };
  if (Array.isArray(value)) return value.map(change);
  return Object.fromEntries(Object.entries(value as object).map(([name, part]) => [name, change(part)]));
}

/** How many values it is made of, itself included; none has none. */
export function placesIn(value: Json | undefined): number {
  if (value === undefined) return 0;
  if (Array.isArray(value)) return value.reduce<number>((sum, part) => sum + placesIn(part), 1);
  return isRecord(value) ? placesIn(Object.values(value) as Json[]) : 1;
}

function without(record: Record<string, unknown>): Json {
  return Object.fromEntries(Object.entries(record).slice(1)) as Json;
}

function withFirst(place: Json, member: string): Json {
  if (!isRecord(place)) return place;
  return new Verbatim(jsonText(place).replace(/^\{(?=")/, `{${member},`));
}

export interface Payload {
  /** Undefined for none at all. */
  bytes: Buffer | undefined;
  headers: [string, string][];
}

export const JSON_TYPE: [string, string] = ['content-type', 'application/json'];

/** Any body that may come: right, spoilt, broken off, no JSON, in a wrong envelope. */
export function payloads(allowed: fc.Arbitrary<Json>): fc.Arbitrary<Payload> {
  const asJson = (value: Json): Payload => ({ bytes: Buffer.from(jsonText(value)), headers: [JSON_TYPE] });
  return fc.oneof(
    { weight: 5, arbitrary: spoilt(allowed).map(asJson) },
    { weight: 3, arbitrary: allowed.map(asJson) },
    {
      weight: 2,
      arbitrary: fc.tuple(allowed, damage).map(([value, damaged]) => damaged(Buffer.from(jsonText(value)))),
    },
    { weight: 1, arbitrary: hostileValues.map(asJson) },
    { weight: 1, arbitrary: fc.constant<Payload>({ bytes: undefined, headers: [] }) },
  );
}

const CONTENT_TYPES = [
  'application/json; charset=utf-16',
  'APPLICATION/JSON;charset="utf-8"',
  'application/merge-patch+json',
  'application/x-www-form-urlencoded',
  'multipart/form-data; boundary=x',
  'multipart/form-data',
  'text/plain',
  'application/json, text/plain',
  '/',
  ' ',
];

const inType = (bytes: Buffer, ...headers: [string, string][]): Payload => ({
  bytes,
  headers: [JSON_TYPE, ...headers],
});
const ONE_MEBIBYTE = 1024 * 1024;

/** What happens to a body on its way. */
const damage: fc.Arbitrary<(sound: Buffer) => Payload> = fc.oneof(
  fc.nat().map((at) => (sound: Buffer) => inType(sound.subarray(0, at % sound.length))),
  fc.nat().map((at) => (sound: Buffer) => inType(invalidUtf8At(sound, at % sound.length))),
  fc.constantFrom(...CONTENT_TYPES).map(
    (type) =>
      (bytes: Buffer): Payload => ({ bytes, headers: [['content-type', type]] }),
  ),
  fc.constantFrom<(sound: Buffer) => Payload>(
    (bytes) => ({ bytes, headers: [] }),
    (sound) => inType(Buffer.concat([sound, sound])),
    (sound) => inType(Buffer.concat([Buffer.from('\ufeff'), sound])),
    (sound) => inType(Buffer.from(sound.toString(), 'utf16le')),
    (sound) => inType(sound, ['content-encoding', 'gzip']),
    (sound) => inType(gzipSync(sound), ['content-encoding', 'gzip']),
    (sound) => inType(gzipSync(sound)),
    (sound) => inType(Buffer.concat([sound, Buffer.alloc(ONE_MEBIBYTE, ' ')])),
    () => inType(Buffer.alloc(0)),
  ),
);

/** An overlong slash, half a sequence, and a byte that is in none. */
function invalidUtf8At(sound: Buffer, at: number): Buffer {
  return Buffer.concat([sound.subarray(0, at), Buffer.from([0xc0, 0xaf, 0xe2, 0x82, 0xff]), sound.subarray(at)]);
}

const SEGMENTS = [
  '',
  '.',
  '..',
  '%2e%2e',
  '%2F',
  '%5C',
  '%00',
  '%0d%0aSet-Cookie:%20a=b',
  '%E0%A4%A',
  '%ED%A0%80',
  '%zz',
  '%',
  '%25%32%30',
  '%F0%9F%98%80',
  '%C2%85',
  'é',
  '*',
  ':id',
  ';a=1',
  '?a=1',
  '#a',
  '__proto__',
  'constructor',
  'guest',
  'null',
  '-1',
  '1e308',
  '00000000-0000-0000-0000-000000000000',
  'FFFFFFFF-FFFF-FFFF-FFFF-FFFFFFFFFFFF',
  'a'.repeat(500),
  'a'.repeat(501),
  'a'.repeat(10_000),
  'a'.repeat(20_000),
];

/** One part of a path, as it stands on the wire. */
export const hostileSegments = fc.oneof(fc.constantFrom(...SEGMENTS), hostileTexts.map(encoded));

const QUERY_PARTS = [
  '',
  '=',
  '&&&',
  'limit=1&limit=2',
  'limit[]=1',
  'limit[a]=1',
  'limit=99999999999999999999',
  'limit=-1',
  'limit=1e2',
  'limit=0x10',
  'limit=',
  'after=%00',
  'after=%E0%A4%A',
  'after=null',
  'after=&after=',
  'search=%25',
  'search=%5C',
  'search=_&search=_',
  'status=PLACED',
  'email=%00',
  '__proto__[a]=1',
  '__proto__=1',
  'constructor=1',
  'unknown=1',
  '%FF=%FF',
  'a=b=c?d',
  `search=${'x'.repeat(5_000)}`,
  `after=${'%F0%9F%98%80'.repeat(200)}`,
];

/** One `name=value`, as it stands on the wire, of parameters that the route knows or does not. */
export function queryParts(known: fc.Arbitrary<[name: string, value: Json]>): fc.Arbitrary<string> {
  const pair = ([name, value]: [string, Json]) =>
    `${encoded(name)}=${encoded(typeof value === 'string' ? value : jsonText(value))}`;
  const spoiltPair = fc.tuple(known, hostileTexts).map(([[name], value]): [string, Json] => [name, value]);
  return fc.oneof(known.map(pair), spoiltPair.map(pair), fc.constantFrom(...QUERY_PARTS));
}

/** Half a character cannot be encoded at all; it goes as what everyone reads in its place. */
export function encoded(text: string): string {
  return encodeURIComponent(text.toWellFormed());
}

const HEADERS: [string, string][] = [
  ['idempotency-key', ''],
  ['idempotency-key', 'again'],
  ['idempotency-key', 'two words'],
  ['idempotency-key', "'; --"],
  ['idempotency-key', '\u00ff\u00fe'],
  ['idempotency-key', 'k'.repeat(255)],
  ['idempotency-key', 'k'.repeat(256)],
  ['x-correlation-id', ''],
  ['x-correlation-id', 'a\tb'],
  ['x-correlation-id', 'c'.repeat(5_000)],
  ['x-request-id', '{"a":1}'],
  ['traceparent', 'garbage'],
  ['traceparent', '00-00000000000000000000000000000000-0000000000000000-00'],
  ['traceparent', 'ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01'],
  ['traceparent', '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01'],
  ['tracestate', 'a=b'],
  ['tracestate', `a=${'\u00ff'.repeat(600)}`],
  ['accept', 'application/xml'],
  ['accept', 'nonsense'],
  ['accept-encoding', 'zstd;q=2, *;q=nan'],
  ['if-none-match', '*'],
  ['range', 'bytes=5-1'],
  ['expect', 'wine'],
  ['upgrade', 'websocket'],
  ['x-http-method-override', 'DELETE'],
  ['x-forwarded-for', "127.0.0.1, ' or 1=1"],
  ['x-forwarded-proto', 'gopher'],
  ['cookie', '=;=;\u00ff'],
  ['origin', 'null'],
  ['x-long', 'x'.repeat(20_000)],
];

/** Some headers, the same one twice where it comes so. */
export const hostileHeaders = fc.oneof(
  { weight: 2, arbitrary: fc.constant<[string, string][]>([]) },
  { weight: 1, arbitrary: fc.array(fc.constantFrom(...HEADERS), { maxLength: 3 }) },
);

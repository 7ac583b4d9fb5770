import { crc32 } from 'node:zlib';
import { v7 as uuidv7 } from 'uuid';
import type { Envelope } from '../contract/envelope.js';
import type { MessageType, Payload } from '../contract/message.js';
import { readBy } from '../contract/quick-reader.js';
import { versionsOf } from '../contract/upcast.js';
import { HERE } from '../persistence/fence.js';
import type { Statement } from '../persistence/statement-batch.js';
import { currentContext } from '../telemetry/context.js';
import { randomBytes } from '../telemetry/random.js';
import { PARTITIONS } from './layout.js';

/** A message on its way into the outbox: validated, and written as it will travel. */
export interface Outgoing {
  readonly eventId: string;
  readonly type: string;
  readonly key: string;
  /** Of keys, the same for all messages of one key. */
  readonly partition: number;
  /** JSON, on one line; nobody reads it before the receiver does. */
  readonly envelope: string;
  /** The older versions that whoever takes this one takes too. */
  readonly older?: readonly string[];
}

/** What a message says, once it is known to keep its contract. */
export interface Checked {
  readonly type: string;
  readonly key: string;
  /** JSON. */
  readonly payload: string;
}

interface More {
  /** The version of the aggregate that the message speaks of. */
  readonly sequence?: number | undefined;
  /** Of the same fact in another version; a new one when absent. */
  readonly eventId?: string;
}

const FROM_POOL = { rng: () => randomBytes(16) };

/** Larger things belong in a store of their own, with a reference in the message. In bytes of JSON. */
const MAX_PAYLOAD_BYTES = 256 * 1024;

/** A key is part of indexes, which hold no more. In bytes of UTF-8. */
export const MOST_KEY_BYTES = 1_024;

/** A producer's message does not keep its own contract. Nothing was stored. */
export class ContractViolation extends Error {
  constructor(type: string, problem: string) {
    super(`${type} was not published: ${problem}`);
  }
}

/**
 * @param module that publishes it
 * @throws ContractViolation as {@link check} does
 */
export function toOutgoing<Type extends MessageType>(
  module: string,
  type: Type,
  payload: Payload<Type>,
  more?: More,
): Outgoing {
  const message = address(module, check(type, payload), more);
  if (!type.upcasts) return message;
  return { ...message, older: versionsOf(type.upcasts.type).map(({ name }) => name) };
}

/** @throws ContractViolation when the payload breaks the closed schema or is larger than 256 KiB, or its key is no key. */
export function check<Type extends MessageType>(type: Type, payload: Payload<Type>): Checked {
  const checked = readBy(type.schema, payload);
  if (!checked.success) {
    const issues = checked.error.issues.map((issue) => `${issue.path.join('.') || 'payload'}: ${issue.message}`);
    throw new ContractViolation(type.name, issues.join('; '));
  }
  const json = JSON.stringify(checked.data);
  // A character takes at most three bytes: only what might be too large is counted.
  if (json.length * 3 > MAX_PAYLOAD_BYTES) refuseTooLarge(type.name, Buffer.byteLength(json));
  const key = String((checked.data as Record<string, unknown>)[type.key]);
  refuseKey(type.name, key);
  return { type: type.name, key, payload: json };
}

/** A fact as one version of an event tells it. */
export type Told<Type extends MessageType> = readonly [event: Type & { kind: 'event' }, payload: Payload<Type>];

/**
 * One fact in two versions. They share the id by which a message is taken once, so that whoever takes both, the older one
 * upcast, takes the newer one, which comes first.
 * @throws ContractViolation as {@link toOutgoing} does, and when the newer version does not upcast the older one
 */
export function toBoth<Newer extends MessageType, Older extends MessageType>(
  module: string,
  [newer, payload]: Told<Newer>,
  [older, before]: Told<Older>,
  sequence?: number,
): Outgoing[] {
  const first = toOutgoing(module, newer, payload, { sequence });
  if (!first.older?.includes(older.name))
    throw new ContractViolation(newer.name, `it does not upcast ${older.name}, so who takes both would take it twice.`);
  return [first, toOutgoing(module, older, before, { sequence, eventId: first.eventId })];
}

/** @throws ContractViolation for two versions under one key that do not share an id: their readers would take both. */
function mustBeSaidOnce(messages: readonly Outgoing[]): void {
  if (messages.every(({ older }) => older === undefined)) return;
  const ofId = Map.groupBy(messages, ({ eventId }) => eventId);
  const alone = messages.filter(({ eventId }) => ofId.get(eventId)?.length === 1);
  const said = new Set(alone.map(({ type, key }) => `${type} ${key}`));
  for (const { type, key, older = [] } of alone) {
    const twice = older.find((version) => said.has(`${version} ${key}`));
    if (twice)
      throw new ContractViolation(
        type,
        `${twice} says the same to its readers. Say the newer one alone, or both as one event by publishBoth(…).`,
      );
  }
}

function refuseKey(type: string, key: string): void {
  if (key.includes('\0') || !key.isWellFormed())
    throw new ContractViolation(type, 'its key has a NUL or half a character, which no database can hold.');
  if (key.length * 3 <= MOST_KEY_BYTES) return;
  const bytes = Buffer.byteLength(key);
  if (bytes > MOST_KEY_BYTES)
    throw new ContractViolation(type, `its key has ${bytes} bytes, and at most ${MOST_KEY_BYTES} may order messages.`);
}

function refuseTooLarge(type: string, bytes: number): void {
  if (bytes > MAX_PAYLOAD_BYTES)
    throw new ContractViolation(type, `it has ${bytes} bytes, and at most ${MAX_PAYLOAD_BYTES} may travel.`);
}

/** Puts what has been checked into its envelope: sent now, caused by what is being handled now. */
export function address(module: string, { type, key, payload }: Checked, { sequence, eventId }: More = {}): Outgoing {
  const id = eventId ?? uuidv7(FROM_POOL);
  const context = currentContext();
  const around: { [Name in keyof Omit<Envelope, 'data'>]: Envelope[Name] | undefined } = {
    specversion: '1.0',
    id,
    source: `/${module}`,
    type,
    subject: key,
    time: new Date().toISOString(),
    datacontenttype: 'application/json',
    correlationid: context?.correlationId ?? uuidv7(FROM_POOL),
    causationid: context?.causationId,
    traceparent: context?.traceparent,
    tracestate: context?.tracestate,
    sequence: sequence?.toString(),
  };
  const envelope = `${JSON.stringify(around).slice(0, -1)},"data":${payload}}`;
  return { eventId: id, type, key, partition: partitionOf(key), envelope };
}

/** By CRC-32 of the key in UTF-8, which any language has. */
export function partitionOf(key: string): number {
  return crc32(key) % PARTITIONS;
}

const COLUMNS = 'partition, event_id, type, key, envelope';

const TYPES = ['smallint', 'uuid', 'text', 'text', 'json'];

/** The row of one message, from placeholder `$first` on. */
function row(first: number): string {
  return TYPES.map((type, n) => `$${first + n}::${type}`).join(', ');
}

/** The rows of more, from arrays, as `m` with their `position`. */
function rows(first: number): string {
  const arrays = TYPES.map((type, n) => `$${first + n}::${type}[]`).join(', ');
  return `unnest(${arrays}) with ordinality as m (${COLUMNS}, position)`;
}

const APPEND_ONE = `insert into outbox (${COLUMNS}) values (${row(1)})`;
const APPEND_MANY = `insert into outbox (${COLUMNS}) select ${COLUMNS} from ${rows(1)} order by position`;

/** The last statement of a transaction before its commit, when there is something to say. */
export function appendToOutbox(messages: readonly Outgoing[]): Statement[] {
  if (messages.length === 0) return [];
  mustBeSaidOnce(messages);
  return [{ text: messages.length === 1 ? APPEND_ONE : APPEND_MANY, values: valuesOf(messages) }];
}

/**
 * A statement with RETURNING together with its messages. The messages are selected from what the statement returned, so
 * that they take their ids when its rows are locked: of two independent branches either may go first.
 */
export function appendWith({ text, values = [] }: Statement, messages: readonly Outgoing[]): Statement {
  if (messages.length === 0) return { text: combined(text, 0, NONE), values };
  mustBeSaidOnce(messages);
  return {
    text: combined(text, values.length, messages.length === 1 ? ONE : MANY),
    values: [...values, ...valuesOf(messages)],
  };
}

/** Texts that were put together with none, one or many messages, so that each is made, and its name looked up, once. */
const COMBINED = [new Map<string, string>(), new Map<string, string>(), new Map<string, string>()] as const;
const MOST_COMBINED = 1_000;
const NONE = 0;
const ONE = 1;
const MANY = 2;

function combined(text: string, values: number, messages: 0 | 1 | 2): string {
  const known = COMBINED[messages].get(text);
  if (known !== undefined) return known;
  const insert =
    messages === ONE
      ? `select ${row(values + 1)} from changed where rows > 0`
      : `select ${COLUMNS} from changed, ${rows(values + 1)} where changed.rows > 0 order by position`;
  const made =
    messages === NONE
      ? `with work as (${text}\n) select * from work where ${HERE}`
      : `with work as (${text}
      ),
      changed as (select count(*) as rows from work),
      said as (insert into outbox (${COLUMNS}) ${insert})
      select * from work where ${HERE}`;
  if (COMBINED[messages].size < MOST_COMBINED) COMBINED[messages].set(text, made);
  return made;
}

function valuesOf(messages: readonly Outgoing[]): unknown[] {
  const [only] = messages;
  if (messages.length === 1 && only) return [only.partition, only.eventId, only.type, only.key, only.envelope];
  return arraysOf(messages);
}

function arraysOf(messages: readonly Outgoing[]): unknown[] {
  return [
    messages.map((m) => m.partition),
    messages.map((m) => m.eventId),
    messages.map((m) => m.type),
    messages.map((m) => m.key),
    messages.map((m) => m.envelope),
  ];
}

import { createHash } from 'node:crypto';
import type { Envelope } from '../contract/envelope.js';
import type { Batch } from '../transports/transport.js';
import { Unacceptable } from './dispatch.js';
import { beginningAt, timeInside } from './inbox.js';
import { isRecord } from './is-record.js';
import { MOST_KEY_BYTES } from './outbox.js';

const UUID_V7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const DAY = 86_400_000;
/** Of a type that nobody knows. */
const MOST_TYPE_CHARACTERS = 200;

/** A batch whose every message can be noted in the inbox and kept in a row, whatever a transport has brought. */
export interface SoundBatch extends Batch {
  /** Why a message that has been given this shape was not as it must be. */
  readonly flaws: ReadonlyMap<Envelope, Unacceptable>;
}

/**
 * Holds each message against what inbox, parked rows and dead letters can store. What does not fit becomes a message of
 * that shape, with what is wrong beside it, so that it ends as a dead letter and its partition goes on.
 */
export function soundly(batch: Batch, now = Date.now()): SoundBatch {
  const flaws = new Map<Envelope, Unacceptable>();
  // Ids above this are of a time still to come; one that only begins like it is not.
  const tooLate = `${beginningAt(now + DAY)}~`;
  const messages = batch.messages.map((envelope) => {
    const flaw = flawOf(envelope, batch.source, tooLate);
    if (flaw === undefined) return envelope;
    const shaped = reshaped(envelope, batch.source, now);
    flaws.set(shaped, new Unacceptable(`The envelope is broken: ${flaw}`));
    return shaped;
  });
  return { ...batch, messages, flaws };
}

/** For people to look at: what an operator has put in the place of an envelope, and is none. */
export function withoutShape(instead: unknown, source: string): Envelope {
  return reshaped(instead, source, Date.now());
}

/** The same without its contents, which could not be stored. */
export function withoutContents(envelope: Envelope): Envelope {
  return { ...envelope, data: {} };
}

function flawOf(envelope: Envelope, source: string, tooLate: string): string | undefined {
  if (!isRecord(envelope)) return `it is ${shown(envelope)}, and no object.`;
  const { id, type, subject } = envelope;
  if (typeof id !== 'string' || !UUID_V7.test(id)) return `its id ${shown(id)} is no UUIDv7 in lower case.`;
  if (id > tooLate)
    return `its id says ${new Date(timeInside(id)).toISOString()}, which is still to come: set the sender's clock.`;
  if (envelope.source !== `/${source}`) return `its source is ${shown(envelope.source)}, and it came from /${source}.`;
  if (!isStorable(type) || type.length > MOST_TYPE_CHARACTERS) return `its type is ${shown(type)}.`;
  if (!isStorable(subject)) return `its subject is ${shown(subject)}, and no text that a database can hold.`;
  // A character takes at most three bytes: only what might be too long is counted.
  if (subject.length * 3 > MOST_KEY_BYTES && Buffer.byteLength(subject) > MOST_KEY_BYTES)
    return `its subject has ${Buffer.byteLength(subject)} bytes, and a key at most ${MOST_KEY_BYTES}.`;
  return undefined;
}

function isStorable(text: unknown): text is string {
  return typeof text === 'string' && !text.includes('\0') && text.isWellFormed();
}

function shown(value: unknown): string {
  const text = typeof value === 'string' ? `"${value}"` : value === undefined ? 'missing' : describe(value);
  return text.length > 80 ? `${text.slice(0, 80)}…` : text;
}

function describe(value: unknown): string {
  try {
    return JSON.stringify(value) ?? typeof value;
  } catch {
    return `a ${typeof value}`;
  }
}

function reshaped(envelope: unknown, source: string, now: number): Envelope {
  const { id, type, subject, time, data } = (isRecord(envelope) ? envelope : {}) as Record<string, unknown>;
  const isUsable = typeof id === 'string' && UUID_V7.test(id) && timeInside(id) <= now + DAY;
  return {
    specversion: '1.0',
    id: isUsable ? id : idFor(envelope, now),
    source: `/${source}`,
    type: text(type, MOST_TYPE_CHARACTERS),
    subject: text(subject, MOST_TYPE_CHARACTERS),
    time: typeof time === 'string' ? time : '',
    datacontenttype: 'application/json',
    data: isRecord(data) ? data : { original: envelope },
    correlationid: '',
  };
}

function text(value: unknown, most: number): string {
  const told = typeof value === 'string' ? value : value === undefined ? '' : describe(value);
  return told.slice(0, most).replaceAll('\0', '').toWellFormed();
}

/** The same id for the same thing on the same day, so that a batch that comes again adds no second dead letter. */
function idFor(envelope: unknown, now: number): string {
  const day = (Math.floor(now / DAY) * DAY).toString(16).padStart(12, '0');
  const rest = createHash('sha256').update(describe(envelope)).digest('hex');
  return `${day.slice(0, 8)}-${day.slice(8)}-7${rest.slice(0, 3)}-8${rest.slice(3, 6)}-${rest.slice(6, 18)}`;
}

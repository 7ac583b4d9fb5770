import { isSpan, KEY_HINT, mayBeKey } from '#kernel/messaging/care/limits';
import { MOMENT_HINT, momentOf } from '#kernel/messaging/care/moment';
import type { Halt } from '#kernel/messaging/care/pause';
import type { History } from '#kernel/messaging/care/resend';
import type { Selection } from '#kernel/messaging/care/selection';
import { UserError } from '../user-error.js';

/** As given on the command line. */
export interface SelectionOptions {
  readonly subscriber?: string;
  readonly type?: string;
  readonly key?: string;
  readonly since?: string;
  readonly until?: string;
  readonly id?: string;
}

export interface HistoryOptions extends Omit<SelectionOptions, 'id' | 'subscriber'> {
  readonly subscriber: string;
}

const NOT_DONE = 2;

export function selectionFrom({ subscriber, type, id, ...rest }: SelectionOptions): Selection {
  return { subscriber, type, id, key: keyIn(rest), ...timesIn(rest) };
}

export function historyFrom({ subscriber, type, ...rest }: HistoryOptions): History {
  return { subscriber, type, key: keyIn(rest), ...timesIn(rest) };
}

export function haltFrom({ subscriber, type, ...rest }: HistoryOptions): Halt {
  return { subscriber, type, key: keyIn(rest) };
}

function keyIn({ key }: Pick<SelectionOptions, 'key'>): string | undefined {
  if (key === undefined || mayBeKey(key)) return key;
  const told = key === '' ? 'is empty' : `has ${Buffer.byteLength(key)} bytes`;
  throw new UserError(`--key ${told}, but ${KEY_HINT}.`, 'Leave it out where any key is meant.');
}

function timesIn({ since, until }: Pick<SelectionOptions, 'since' | 'until'>): Pick<Selection, 'since' | 'until'> {
  const times = { since: read('--since', since), until: read('--until', until) };
  if (isSpan(times)) return times;
  throw new UserError(`--since ${since} is later than --until ${until}: no time lies between.`, 'Swap them.', NOT_DONE);
}

function read(option: string, text: string | undefined): Date | undefined {
  if (text === undefined) return undefined;
  const moment = momentOf(text, new Date());
  if (moment === undefined) throw new UserError(`${option} is "${text}", but ${MOMENT_HINT}.`, 'Say it that way.');
  return moment;
}

import { MOMENT_HINT, momentOf } from '#kernel/messaging/care/moment';
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

export function selectionFrom({ subscriber, type, key, since, until, id }: SelectionOptions): Selection {
  return { subscriber, type, key, id, since: read('--since', since), until: read('--until', until) };
}

export function historyFrom({ subscriber, type, key, since, until }: HistoryOptions): History {
  return { subscriber, type, key, since: read('--since', since), until: read('--until', until) };
}

function read(option: string, text: string | undefined): Date | undefined {
  if (text === undefined) return undefined;
  const moment = momentOf(text, new Date());
  if (moment === undefined) throw new UserError(`${option} is "${text}", but ${MOMENT_HINT}.`, 'Say it that way.');
  return moment;
}

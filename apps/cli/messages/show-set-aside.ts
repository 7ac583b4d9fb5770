import type { MessageCare } from '#kernel/messaging/care/message-care';
import type { Selection } from '#kernel/messaging/care/selection';
import type { Found } from '#kernel/messaging/care/set-aside';
import type { DeadLetter, ParkedMessage, Unreadable } from '#kernel/messaging/care/views';
import { type SelectionOptions, selectionFrom } from './options.js';
import { type Column, type Row, table } from './table.js';
import { harmless, type Surroundings } from './terminal.js';
import { endUnread, tellUnreadable } from './unreadable.js';
import { withCare } from './with-care.js';
import { fromNow, when } from './wording.js';

type Options = SelectionOptions & { readonly limit: number; readonly json: boolean };

const COLUMNS: Column[] = [{ title: 'SUBSCRIBER' }, { title: 'TYPE', cuts: true }, { title: 'KEY', cuts: true }];

export function showDead(at: Surroundings, options: Options): Promise<void> {
  const columns = [...COLUMNS, { title: 'TRIES', right: true }, { title: 'DIED' }, { title: 'ID' }];
  const row = ({ subscriber, type, key, attempts, diedAt, id, reason, holdsKey }: DeadLetter): Row => ({
    cells: [subscriber, harmless(type), harmless(key), String(attempts), when(diedAt), id],
    below: `${holdsKey ? 'Its key waits. ' : ''}${harmless(reason)}`,
  });
  return show(at, options, 'There is no dead letter', columns, row, (care, selection, page) =>
    care.dead(selection, page),
  );
}

const WAITS_FOR: Record<ParkedMessage['waitsFor'], (dueAt: string) => string> = {
  pause: () => 'a pause to be lifted',
  'earlier-message': () => 'an earlier one of its key',
  'dead-letter': () => 'a dead letter of its key',
  time: (dueAt) => `its next try ${fromNow((Date.parse(dueAt) - Date.now()) / 1_000)}`,
  turn: () => 'its turn',
};

export function showParked(at: Surroundings, options: Options): Promise<void> {
  const columns = [
    ...COLUMNS,
    { title: 'TRIES', right: true },
    { title: 'PARKED' },
    { title: 'WAITS FOR' },
    { title: 'ID' },
  ];
  const row = ({ subscriber, type, key, attempts, parkedAt, dueAt, waitsFor, id, reason }: ParkedMessage): Row => ({
    cells: [
      subscriber,
      harmless(type),
      harmless(key),
      String(attempts),
      when(parkedAt),
      waitsForIn(waitsFor, dueAt),
      id,
    ],
    ...(reason === null ? {} : { below: harmless(reason) }),
  });
  return show(at, options, 'No message is parked', columns, row, (care, selection, page) =>
    care.parked(selection, page),
  );
}

export function waitsForIn(waitsFor: ParkedMessage['waitsFor'], dueAt: string): string {
  return WAITS_FOR[waitsFor](dueAt);
}

async function show<Item>(
  { env, terminal }: Surroundings,
  options: Options,
  nothing: string,
  columns: readonly Column[],
  row: (item: Item) => Row,
  read: (care: MessageCare, selection: Selection, page: { limit: number }) => Promise<Found<Item>>,
): Promise<void> {
  const selection = selectionFrom(options);
  const { items, next, unreadable } = await withCare(env, (care) => read(care, selection, { limit: options.limit }));
  if (options.json) {
    terminal.print(JSON.stringify({ items, more: next !== null, unreadable }, null, 2));
    endUnread(terminal, unreadable);
    return;
  }
  if (items.length === 0) terminal.print(`${nothing}${isAny(selection) ? ' that matches' : ''}${asFarAs(unreadable)}.`);
  else for (const line of table(columns, items.map(row), terminal.columns)) terminal.print(line);
  if (next) terminal.print(`\nThere are more than ${options.limit}: select fewer, or give a larger --limit.`);
  tellUnreadable(terminal, unreadable);
}

function asFarAs(unreadable: Unreadable): string {
  return unreadable.length > 0 ? ' in the modules that can be read' : '';
}

function isAny(selection: Selection): boolean {
  return Object.values(selection).some((each) => each !== undefined);
}

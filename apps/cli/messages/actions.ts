import type { MessageCare } from '#kernel/messaging/care/message-care';
import type { Halt } from '#kernel/messaging/care/pause';
import type { Selection } from '#kernel/messaging/care/selection';
import type { Resent, Retried } from '#kernel/messaging/care/views';
import { UserError } from '../user-error.js';
import { type HistoryOptions, haltFrom, historyFrom, type SelectionOptions, selectionFrom } from './options.js';
import { harmless, type Surroundings, type Terminal } from './terminal.js';
import { actor, withCare } from './with-care.js';
import { counted, listed } from './wording.js';

/** Nothing matched, or not all of it could be done. */
const NOT_DONE = 2;

export async function retryMessages(
  { env, terminal }: Surroundings,
  { yes, ...options }: SelectionOptions & { yes: boolean },
): Promise<void> {
  const selection = selectionFrom(options);
  await withCare(env, async (care) => {
    const meant = await untilNow(care, selection);
    const found = await care.countForRetry(meant);
    const count = found.dead + found.parked;
    if (count === 0)
      return nothing(terminal, 'No dead letter matches, and no parked message that waits for its next try.');
    if (count > 1 && !(await isMeant(terminal, yes, `Retry ${retriable(found)}?`))) return;
    const retried = await care.retry(meant, actor());
    if (retried.dead + retried.parked === 0)
      return nothing(terminal, 'It is being tried just now, or somebody was faster: look again when that has ended.');
    terminal.print(`Retrying ${retriable(retried)}.`);
  });
}

function retriable({ dead, parked }: Retried): string {
  return listed([
    ...(dead > 0 || parked === 0 ? [counted(dead, 'dead letter')] : []),
    ...(parked > 0 ? [counted(parked, 'parked message')] : []),
  ]);
}

export async function discardMessages(
  { env, terminal }: Surroundings,
  { yes, parked, ...options }: SelectionOptions & { yes: boolean; parked: boolean },
): Promise<void> {
  const selection = selectionFrom(options);
  const what = parked ? 'parked message' : 'dead letter';
  const table = parked ? 'parked' : 'dead_letter';
  await withCare(env, async (care) => {
    const meant = await untilNow(care, selection);
    const found = await care.countForDiscard(table, meant);
    if (found === 0) return nothing(terminal, `No ${what} matches.`);
    if (found > 1 && !(await isMeant(terminal, yes, `Discard ${counted(found, what)}?`))) return;
    const { discarded, left } = await care.discard(table, meant, actor());
    if (discarded > 0)
      terminal.print(`Discarded ${counted(discarded, what)}; the table message_audit of the module keeps them whole.`);
    if (left > 0) nothing(terminal, parked ? await wayOut(care, meant, left) : `${counted(left, what)} ${IN_HAND}`);
    else if (discarded < found) nothing(terminal, 'Somebody was faster with the others: look again.');
  });
}

const IN_HAND = 'could not be discarded: somebody else is at work on them. Look again in a moment.';

/** What a handler is at work on is its own until it has ended; a pause of the key keeps it from the next one. */
async function wayOut(care: MessageCare, meant: Selection, left: number): Promise<string> {
  const { items } = await care.parked(meant, { limit: 1 });
  const [first] = items;
  const told = `${counted(left, 'parked message')} could not be discarded, since a handler is at work there.`;
  if (!first) return `${told} It has ended by now: look again.`;
  const halt = { subscriber: first.subscriber, key: first.key };
  const command = `seamline messages pause --subscriber ${halt.subscriber}${flagsOf(halt)}`;
  return `${told} Have it tried no more: ${command}. Discard it when this try has ended, then resume the key.`;
}

export async function replayHistory({ env, terminal }: Surroundings, options: HistoryOptions): Promise<void> {
  const history = historyFrom(options);
  const { sources } = await withCare(env, (care) => care.replay(history, actor()));
  if (sources.length === 0) return nothing(terminal, 'No such message is retained.');
  tellResent(terminal, options.subscriber, sources, ({ generation }) => `once more, as generation ${generation}`);
}

export async function redeliverHistory(
  { env, terminal }: Surroundings,
  { source, ...options }: Pick<HistoryOptions, 'subscriber' | 'since'> & { source?: string },
): Promise<void> {
  const history = historyFrom(options);
  const { sources } = await withCare(env, (care) => care.redeliver(history, source, actor()));
  if (sources.length === 0) return nothing(terminal, 'No such message is retained.');
  tellResent(terminal, options.subscriber, sources, () => 'again; it drops those that it has');
}

function tellResent(
  terminal: Terminal,
  subscriber: string,
  sources: Resent['sources'],
  how: (source: Resent['sources'][number]) => string,
): void {
  for (const each of sources)
    terminal.print(`${each.source} sends ${counted(each.messages, 'message')} to ${subscriber} ${how(each)}.`);
  terminal.print(
    'A running system begins at once, another one at its next start; "seamline messages lag" shows under REPLAYS what is left.',
  );
}

export async function pauseSubscriber({ env, terminal }: Surroundings, options: HistoryOptions): Promise<void> {
  const halt = haltFrom(options);
  const { isNew } = await withCare(env, (care) => care.pause(halt, actor()));
  terminal.print(
    isNew
      ? `From its next batch on ${halt.subscriber} takes ${kindOf(halt)}. What waits is taken after: seamline messages resume --subscriber ${halt.subscriber}${flagsOf(halt)}`
      : `${halt.subscriber} was told before to take ${kindOf(halt)}.`,
  );
}

export async function resumeSubscriber({ env, terminal }: Surroundings, options: HistoryOptions): Promise<void> {
  const halt = haltFrom(options);
  const { lifted, remaining } = await withCare(env, (care) => care.resume(halt, actor()));
  const left = remaining.map(({ type, key }) => kindOf({ type: type ?? undefined, key: key ?? undefined }));
  const still = left.length > 0 ? ` Still paused, it takes ${listed(left)}.` : '';
  if (lifted.length === 0) return nothing(terminal, `No such pause of ${halt.subscriber}.${still}`);
  terminal.print(`Lifted ${counted(lifted.length, 'pause')} of ${halt.subscriber}.${still}`);
}

function kindOf({ type, key }: Pick<Halt, 'type' | 'key'>): string {
  if (type === undefined && key === undefined) return 'no messages';
  return `no ${type === undefined ? 'messages' : harmless(type)}${key === undefined ? '' : ` of key ${harmless(key)}`}`;
}

function flagsOf({ type, key }: Halt): string {
  return `${type === undefined ? '' : ` --type ${type}`}${key === undefined ? '' : ` --key ${quoted(key)}`}`;
}

function quoted(text: string): string {
  return /^[\w.:@/-]+$/.test(text) ? text : `'${harmless(text).replaceAll("'", `'\\''`)}'`;
}

export async function forgetSubscriber(
  { env, terminal }: Surroundings,
  { subscriber, yes }: { subscriber: string; yes: boolean },
): Promise<void> {
  await withCare(env, async (care) => {
    const waiting = await care.countForForget(subscriber);
    const question = `Forget ${subscriber}, for whom ${counted(waiting, 'message')} still wait${waiting === 1 ? 's' : ''}?`;
    if (waiting > 0 && !(await isMeant(terminal, yes, question))) return;
    const { sources } = await care.forget(subscriber, actor());
    for (const { source, passedBy } of sources)
      terminal.print(
        `${source} keeps nothing for ${subscriber} any more; ${counted(passedBy, 'message')} passed it by.`,
      );
  });
}

/** So that what is done is no more than what was counted and asked about. */
async function untilNow(care: MessageCare, selection: Selection): Promise<Selection> {
  const now = await care.now();
  return { ...selection, until: selection.until && selection.until < now ? selection.until : now };
}

/** @throws {UserError} where nobody can be asked */
async function isMeant(terminal: Terminal, yes: boolean, question: string): Promise<boolean> {
  if (yes) return true;
  const { ask } = terminal;
  if (!ask) throw new UserError(`"${question}" cannot be asked: this is no terminal.`, 'Say --yes if that is meant.');
  if (/^y(es)?$/i.test((await ask(`${question} [y/N] `)).trim())) return true;
  terminal.print('Nothing was done.');
  terminal.exit(1);
  return false;
}

function nothing(terminal: Terminal, sentence: string): void {
  terminal.print(sentence);
  terminal.exit(NOT_DONE);
}

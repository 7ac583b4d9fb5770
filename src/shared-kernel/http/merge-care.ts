import type { KnownModule } from './known-modules.js';
import { mergePages, type PageOfApp } from './merge-pages.js';

export type Body = Record<string, unknown>;
export interface Unreadable {
  readonly module: string;
  readonly problem: string;
}

interface Asked {
  readonly query: Body;
  readonly modules: ReadonlyMap<string, KnownModule>;
  /** Who has taken the message that is asked for, in apps that have nothing else of it. */
  readonly takers: readonly string[];
}

/** Puts the answers of several apps to one question together; `unreadable` are modules that none of them has. */
export type Merger = (found: readonly Body[], unreadable: readonly Unreadable[], asked: Asked) => Body;

const MERGERS: Readonly<Record<string, Merger>> = {
  lag: mergeLags,
  dead: mergerOfPages('diedAt'),
  parked: mergerOfPages('parkedAt'),
  story: mergeStories,
  forget: mergeSources,
};

/** By the name of the controller's method; undefined for what is not asked of several apps. */
export function mergerOf(action: string): Merger | undefined {
  return MERGERS[action];
}

/** An app takes a subscriber that lives elsewhere for one that does not run. */
function mergeLags(found: readonly Body[], unreadable: readonly Unreadable[], { modules }: Asked): Body {
  const place = new Map([...modules.keys()].map((name, at) => [name, at]));
  const inOrder = (one: Body, other: Body, by: string) =>
    (place.get(String(one[by])) ?? 0) - (place.get(String(other[by])) ?? 0);
  const subscriptions = listOf(found, 'subscriptions').map((each) => ({
    ...each,
    runs: each.runs === true || (modules.get(String(each.subscriber))?.takes.length ?? 0) > 0,
  }));
  return {
    subscriptions: subscriptions.sort((one, other) => inOrder(one, other, 'source')),
    modules: listOf(found, 'modules').sort((one, other) => inOrder(one, other, 'module')),
    unreadable: all(found, unreadable),
  };
}

function mergerOfPages(at: 'diedAt' | 'parkedAt'): Merger {
  return (found, unreadable, { query }) => ({
    ...mergePages(found as unknown as PageOfApp[], at, Number(query.limit ?? 50)),
    unreadable: all(found, unreadable),
  });
}

/** The source's own story tells what the message is; every app tells what became of it there. */
function mergeStories(found: readonly Body[], unreadable: readonly Unreadable[], { takers }: Asked): Body {
  const main = found.find(({ retained }) => retained === true) ?? found[0];
  return {
    ...main,
    awaitedBy: listOf(found, 'awaitedBy'),
    takenBy: [...listOf(found, 'takenBy'), ...takers],
    waiting: listOf(found, 'waiting'),
    unreadable: all(found, unreadable),
  };
}

/** Of actions that each app does for its own sources. */
export function mergeSources(found: readonly Body[]): Body {
  return { sources: listOf(found, 'sources') };
}

function all(found: readonly Body[], unreadable: readonly Unreadable[]): unknown[] {
  return [...listOf(found, 'unreadable'), ...unreadable];
}

function listOf(found: readonly Body[], name: string): Body[] {
  return found.flatMap((body) => (body[name] as Body[] | undefined) ?? []);
}

import type { Listed, Mention, Registration, Sources } from '../../system/read-handlers.js';
import type { Broken } from './rules.js';

/** Under which property of BoundedContext.register a class with such methods has to stand. */
const LIST_OF = {
  subscribe: 'subscribers',
  handle: 'subscribers',
  saga: 'sagas',
  answer: 'answers',
  ask: 'asks',
} as const satisfies Partial<Record<Mention['kind'], Listed['property']>>;

/** Handlers whose class, and questions whose query, the module does not list. */
export function registrationViolations({ mentions, registrations }: Sources): Broken[] {
  const byModule = Map.groupBy(registrations, ({ module }) => module);
  const missing = mentions.flatMap((mention) => {
    const lists = listsFor(mention, byModule.get(mention.module) ?? []);
    return lists === undefined || isListed(mention, lists) ? [] : [unlisted(mention)];
  });
  // A class is missing once, however many handlers it has.
  return [...new Map(missing.map((each) => [`${each.file} ${each.subject}`, each])).values()];
}

/** Where it would have to stand; undefined where what stands there is computed, or there is no such place. */
function listsFor({ kind }: Mention, registrations: readonly Registration[]): Listed[] | undefined {
  const property = LIST_OF[kind as keyof typeof LIST_OF];
  if (property === undefined || registrations.length === 0) return undefined;
  const lists = registrations.flatMap(({ lists: all }) => all.filter((each) => each.property === property));
  const isKnown = registrations.every(({ isComplete }) => isComplete) && lists.every(({ isComplete }) => isComplete);
  return isKnown ? lists : undefined;
}

function isListed({ kind, file, inClass, origin }: Mention, lists: readonly Listed[]): boolean {
  const entries = lists.flatMap((list) => list.entries.map((entry) => entry.origin));
  if (kind === 'ask') return entries.some((entry) => entry?.file === origin?.file && entry?.name === origin?.name);
  return inClass === undefined || entries.some((entry) => entry?.file === file && entry.local === inClass);
}

function unlisted({ kind, file, line, text, inClass = '' }: Mention): Broken {
  const property = LIST_OF[kind as keyof typeof LIST_OF];
  const what =
    kind === 'ask'
      ? `asks ${text}, which "asks" of BoundedContext.register does not list`
      : `declares ${inClass === 'default' ? 'its default class' : inClass}, which "${property}" of BoundedContext.register does not list`;
  return {
    rule: 'handlers-are-registered',
    file,
    line,
    what,
    subject: `${property} ${kind === 'ask' ? text : inClass}`,
  };
}

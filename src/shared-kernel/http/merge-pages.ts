/** What a page of messages that were set aside has, whichever app it is from. */
export interface PageOfApp {
  readonly items: readonly Item[];
  readonly next: string | null;
}

interface Item {
  readonly subscriber: string;
  readonly [property: string]: unknown;
}

interface Entry {
  readonly item: Item;
  readonly at: string;
  /** The `next` of its page, where it is the last there. */
  readonly next: string | null;
}

/**
 * One page of several apps' pages, which were all asked for the same place and length: newest first, of one instant by
 * module, as each of them is. A module lives in one app, so what an app says of the order of its rows holds.
 * @param at the property that tells when a message was set aside
 */
export function mergePages(pages: readonly PageOfApp[], at: 'diedAt' | 'parkedAt', limit: number): PageOfApp {
  const entries = pages.flatMap((page) => entriesOf(page, at)).sort(inOrder);
  const more = entries.length > limit || pages.some(({ next }) => next !== null);
  if (!more) return { items: entries.map(({ item }) => item), next: null };
  const length = lengthOfPage(entries, Math.min(limit, entries.length));
  return {
    items: entries.slice(0, length).map(({ item }) => item),
    next: placeAfter(entries[length - 1] as Entry),
  };
}

function entriesOf({ items, next }: PageOfApp, at: string): Entry[] {
  return items.map((item, index) => ({ item, at: String(item[at]), next: index === items.length - 1 ? next : null }));
}

/**
 * A page ends where the place after it can be told: at the end of an app's page, or where the next message is of another
 * instant or module. A group of one instant and module is no longer than its app's page, so there is such an end.
 */
function lengthOfPage(entries: readonly Entry[], most: number): number {
  for (let length = most; length > 1; length--) {
    const last = entries[length - 1] as Entry;
    const following = entries[length];
    if (last.next !== null || following === undefined || inOrder(last, following) !== 0) return length;
  }
  return 1;
}

/** After all rows of its instant and module, where no app has told the row. */
function placeAfter({ item, at, next }: Entry): string {
  return next ?? Buffer.from(JSON.stringify({ at, module: item.subscriber, row: '0' })).toString('base64url');
}

function inOrder(one: Entry, other: Entry): number {
  if (one.at !== other.at) return one.at > other.at ? -1 : 1;
  if (one.item.subscriber === other.item.subscriber) return 0;
  return one.item.subscriber < other.item.subscriber ? -1 : 1;
}

import { escaped, prose } from '../markup.js';
import type { DrawnMessage, DrawnViolation } from '../system.js';

/** A module, by which the script chooses it. */
export function moduleLink(name: string, words = name): string {
  return `<button type="button" class="link" data-choose="${escaped(name)}">${escaped(words)}</button>`;
}

export function moduleLinks(names: readonly string[], nobody: string): string {
  return names.length === 0 ? `<span class="none">${nobody}</span>` : names.map((name) => moduleLink(name)).join(', ');
}

/** `orders.`**`order-placed`**`.v1`: what differs stands out. */
export function messageName({ name }: Pick<DrawnMessage, 'name'>): string {
  const [, owner = '', verb = name, version = ''] = /^([^.]+\.)(.+?)(\.v\d+)$/.exec(name) ?? [];
  const pale = (text: string) => (text === '' ? '' : `<span class="pale">${escaped(text)}</span>`);
  return `<code>${pale(owner)}<wbr><b>${escaped(verb)}</b>${pale(version)}</code>`;
}

/** The line of a kind as it is drawn, in little. */
export function sample(tone: string): string {
  return `<svg class="sample" viewBox="0 0 34 10" aria-hidden="true"><g class="arrow ${tone}"><path class="line" d="M0,5H25"/><path class="head" d="M33,5L24,0.8L24,9.2Z"/></g></svg>`;
}

/** Violations under the rule that they break, with why it is there and what to do. */
export function violationList(violations: readonly DrawnViolation[]): string {
  const byRule = Map.groupBy(violations, ({ rule }) => rule);
  return [...byRule]
    .map(([rule, broken]) => {
      const [{ why, mend }] = broken as [DrawnViolation];
      const items = broken.map(({ file, line, what }) => {
        const place = line === undefined ? file : `${file}:${line}`;
        return `<li><code class="place">${escaped(place)}</code> ${prose(what)}</li>`;
      });
      return `<article class="violation"><h4>${escaped(rule)}</h4><p>${prose(why)} <em>${prose(mend)}</em></p><ul>${items.join('')}</ul></article>`;
    })
    .join('\n');
}

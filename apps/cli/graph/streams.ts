import { byText } from './order.js';
import type { DrawnMessage, System } from './system.js';

/** All messages of one kind from one module to another. */
export interface Stream {
  readonly from: string;
  readonly to: string;
  readonly kind: DrawnMessage['kind'];
  readonly messages: readonly DrawnMessage[];
}

/** What passes between modules; what a module tells itself does not. */
export function streamsOf({ modules, messages }: System): Stream[] {
  const known = new Set(modules.map(({ name }) => name));
  const flows = messages.flatMap((message) =>
    message.from.flatMap((from) => message.to.filter((to) => to !== from).map((to) => ({ message, from, to }))),
  );
  const drawn = flows.filter(({ from, to }) => known.has(from) && known.has(to));
  const byStream = Map.groupBy(drawn, ({ message, from, to }) => [from, to, message.kind].join(' '));
  return [...byStream]
    .sort(([a], [b]) => byText(a, b))
    .map(([, among]) => {
      const [{ from, to, message }] = among as [(typeof among)[0]];
      return { from, to, kind: message.kind, messages: among.map((flow) => flow.message) };
    });
}

/** A message's name without its owner, which the arrow shows. */
export function shortName({ name }: Pick<DrawnMessage, 'name'>): string {
  return name.slice(name.indexOf('.') + 1);
}

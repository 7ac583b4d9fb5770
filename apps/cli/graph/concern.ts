import type { Violation } from '../check/wall.js';
import { inOrder } from './order.js';

/** Where in a drawing a violation stands. */
export interface Concern {
  /** The modules at fault. */
  readonly modules: readonly string[];
  /** From the module at fault to those that it reaches into. */
  readonly reaches: readonly { readonly from: string; readonly to: string }[];
  readonly messages: readonly string[];
}

interface Known {
  readonly modules: readonly string[];
  readonly messages: readonly { readonly name: string; readonly owner: string }[];
}

const OF_A_MODULE = /(?:#modules|src\/modules)\/([^/\s'"`)]+)/g;

/**
 * Tells by a violation's words which modules, messages and arrows are meant. One whose file belongs to no module is the
 * fault of a module only if it is about that module.
 */
export function concernOf(violation: Violation, known: Known): Concern {
  const { file, what, subject } = violation;
  const circle = what.split(' → ').filter((each) => known.modules.includes(each));
  const messages = inOrder(
    known.messages.map(({ name }) => name).filter((name) => names(what, name) || names(subject, name)),
  );
  const [culprit] = modulesIn(file, known);
  if (culprit === undefined)
    return { modules: known.modules.filter((name) => name === subject), reaches: [], messages };
  if (circle.length > 2 && circle[0] === circle.at(-1))
    return { modules: inOrder(circle), reaches: steps(circle), messages };
  const owners = known.messages.filter(({ name }) => messages.includes(name)).map(({ owner }) => owner);
  const targets = inOrder([...modulesIn(`${what} ${subject}`, known), ...owners]).filter(
    (name) => name !== culprit && known.modules.includes(name),
  );
  return { modules: [culprit], reaches: targets.map((to) => ({ from: culprit, to })), messages };
}

function modulesIn(text: string, { modules }: Known): string[] {
  return [...text.matchAll(OF_A_MODULE)].map(([, name = '']) => name).filter((name) => modules.includes(name));
}

function steps(circle: readonly string[]): Concern['reaches'] {
  return circle.slice(1).map((to, index) => ({ from: circle[index] as string, to }));
}

/** As a whole: `orders.placed.v1` does not name `orders.placed.v10`, nor `reorders.placed.v1`. */
function names(text: string, message: string): boolean {
  const at = text.indexOf(message);
  if (at < 0) return false;
  const around = [text[at - 1], text[at + message.length]];
  return around.every((next) => next === undefined || !/[\w-]/.test(next)) || names(text.slice(at + 1), message);
}

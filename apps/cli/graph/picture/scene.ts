import { byText } from '../order.js';
import { type Stream, shortName, streamsOf } from '../streams.js';
import { type DrawnApp, type DrawnMessage, type DrawnModule, factsOf, type System, wayBetween } from '../system.js';
import type { Plan, Size } from './plan.js';
import { cutTo, textWidth, wrapTo } from './text-width.js';

/** What is drawn and how large, before it has a place. */
export interface Scene {
  readonly isCompact: boolean;
  readonly cards: readonly Card[];
  readonly frames: readonly Frame[];
  readonly arrows: readonly Arrow[];
}

/** A module. */
export interface Card extends Size {
  readonly module: DrawnModule;
  readonly title: string;
  readonly schema: string;
  readonly lines: readonly string[];
  /** How many messages it sends to itself. */
  readonly own: number;
  /** How many violations are its fault. */
  readonly wrong: number;
}

/** Around the modules of an app. */
export interface Frame {
  readonly app: DrawnApp;
  readonly about: string;
}

export type Tone = DrawnMessage['kind'] | 'mixed' | 'wrong';

/** What passes from a module to another, or a violation that reaches from one into another. */
export interface Arrow {
  readonly from: string;
  readonly to: string;
  /** Messages pass back, too. */
  readonly isTwoWay: boolean;
  readonly tone: Tone;
  readonly kinds: readonly DrawnMessage['kind'][];
  /** What stands on it; the versions of messages stand apart, so that they can be paler. */
  readonly lines: readonly { readonly text: string; readonly version?: string }[];
  /** The transport between two apps. */
  readonly way: string | undefined;
  /** All of it in a sentence. */
  readonly title: string;
}

/** Beyond either, modules shrink to their names and messages to their number. */
const MOST_MODULES = 16;
const MOST_LINES = 64;
const MOST_LINES_OF_AN_ARROW = 9;

export const ROOMY = { width: 224, padding: 16, name: 16, schema: 11, text: 11.5, line: 15, head: 62, most: 4 };
export const COMPACT = {
  width: 196,
  padding: 12,
  name: 18,
  schema: 12.5,
  text: 12.5,
  line: 15,
  head: 56,
  most: 0,
};
export const LABEL = { text: 11, line: 15, padding: 7 };
/** Of an app. */
export const ROOMY_TITLE = { text: 13, about: 11, base: 26, height: 22 };
export const COMPACT_TITLE = { text: 24, about: 17, base: 34, height: 34 };

export function sceneOf(system: System): Scene {
  const streams = streamsOf(system);
  const lines = streams.reduce((sum, { messages }) => sum + messages.length, 0);
  const isCompact = system.modules.length > MOST_MODULES || lines > MOST_LINES;
  return {
    isCompact,
    cards: system.modules.map((module) => cardOf(module, system, isCompact ? COMPACT : ROOMY)),
    frames: system.apps.map((app) => ({ app, about: factsOf(app, system).join(' · ') })),
    arrows: [...(isCompact ? pairs(streams) : streams.map((stream) => single(stream, system))), ...wrongs(system)],
  };
}

/** What the layout needs to know of a scene. */
export function planOf({ cards, frames, arrows, isCompact }: Scene): Plan {
  const place = new Map(cards.map(({ module }, index) => [module.name, index]));
  const title = isCompact ? COMPACT_TITLE : ROOMY_TITLE;
  const group = new Map(frames.map(({ app }, index) => [app.name, index]));
  return {
    boxes: cards.map(({ module: { app }, width, height }) => ({
      width,
      height,
      group: app === undefined ? undefined : group.get(app),
    })),
    groups: frames.map(({ app, about }) => ({
      width: textWidth(app.name, title.text) + textWidth(about, title.about) + 30,
      height: title.height,
    })),
    links: arrows.map((arrow) => {
      const [from, to] = [place.get(arrow.from) as number, place.get(arrow.to) as number];
      const isBackwards = runsBackwards(arrow, cards);
      return {
        tail: isBackwards ? to : from,
        head: isBackwards ? from : to,
        label: isCompact ? undefined : labelSize(arrow),
      };
    }),
  };
}

/** Whoever depends on another stands left of it; what passes the other way is laid out against its direction. */
export function runsBackwards({ from, to }: Arrow, cards: readonly Card[]): boolean {
  const dependsOn = (a: string, b: string) =>
    cards.find(({ module }) => module.name === a)?.module.dependsOn.includes(b) ?? false;
  if (dependsOn(from, to)) return false;
  return dependsOn(to, from) || byText(to, from) < 0;
}

export function labelSize({ lines, way }: Pick<Arrow, 'lines' | 'way'>): Size {
  const rows = [...lines.map(({ text, version }) => `${text} ${version ?? ''}`), ...(way ? [`by ${way}`] : [])];
  const widest = Math.max(...rows.map((row) => textWidth(row, LABEL.text)));
  return { width: widest + 2 * LABEL.padding, height: rows.length * LABEL.line + 8 };
}

function cardOf(module: DrawnModule, { messages, violations }: System, measures: typeof ROOMY): Card {
  const { width, padding, name, text, line, head, most } = measures;
  const inner = width - 2 * padding;
  const lines = most > 0 ? wrapTo(inner, module.purpose, text, most) : [];
  return {
    module,
    title: cutTo(inner, module.name, name),
    schema: cutTo(inner - 16, module.schema ?? 'no schema', measures.schema + 1),
    lines,
    width,
    height: head + (lines.length > 0 ? lines.length * line + 12 : 0),
    own: messages.filter(({ from, to }) => from.includes(module.name) && to.includes(module.name)).length,
    wrong: violations.filter(({ modules }) => modules.includes(module.name)).length,
  };
}

function single(stream: Stream, system: System): Arrow {
  const { from, to, kind, messages } = stream;
  const shown = messages.length > MOST_LINES_OF_AN_ARROW ? messages.slice(0, MOST_LINES_OF_AN_ARROW - 1) : messages;
  const rest = messages.length - shown.length;
  return {
    from,
    to,
    isTwoWay: false,
    tone: kind,
    kinds: [kind],
    lines: [...shown.map(lineOf), ...(rest > 0 ? [{ text: `and ${rest} more` }] : [])],
    way: wayBetween(system, kind, from, to),
    title: sentence(stream),
  };
}

function lineOf(message: DrawnMessage): Arrow['lines'][number] {
  const [, text = shortName(message), version = ''] = /^(.*)\.(v\d+)$/.exec(shortName(message)) ?? [];
  return { text, version };
}

/** One arrow for all that passes between two modules, both ways, with the number of messages; a one would say nothing. */
function pairs(streams: readonly Stream[]): Arrow[] {
  const byPair = Map.groupBy(streams, ({ from, to }) => [from, to].sort(byText).join(' '));
  return [...byPair.values()].map((together) => {
    const [{ from, to }] = together as [Stream];
    const kinds = [...new Set(together.map(({ kind }) => kind))].sort(byText);
    const count = together.reduce((sum, { messages }) => sum + messages.length, 0);
    return {
      from,
      to,
      isTwoWay: together.some((stream) => stream.from === to),
      tone: kinds.length === 1 ? (kinds[0] as Tone) : 'mixed',
      kinds,
      lines: count === 1 ? [] : [{ text: String(count) }],
      way: undefined,
      title: together.map(sentence).join('\n'),
    };
  });
}

const VERBS = { command: 'tells', event: 'publishes to', query: 'asks' } as const satisfies Record<
  Stream['kind'],
  string
>;

function sentence({ from, to, kind, messages }: Stream): string {
  return `${from} ${VERBS[kind]} ${to}: ${messages.map(shortName).join(', ')}`;
}

/** One arrow for all violations by which a module reaches into another. */
function wrongs({ violations }: System): Arrow[] {
  const reaches = violations.flatMap((violation) => violation.reaches.map((reach) => ({ ...reach, violation })));
  const byReach = Map.groupBy(reaches, ({ from, to }) => `${from} ${to}`);
  return [...byReach]
    .sort(([a], [b]) => byText(a, b))
    .map(([, together]) => {
      const [{ from, to }] = together as [(typeof together)[0]];
      const rules = [...new Set(together.map(({ violation }) => violation.rule))].sort(byText);
      return {
        from,
        to,
        isTwoWay: false,
        tone: 'wrong',
        kinds: [],
        lines: [{ text: together.length === 1 ? '1 violation' : `${together.length} violations` }],
        way: undefined,
        title: `${from} breaks a wall to ${to}: ${rules.join(', ')}`,
      };
    });
}

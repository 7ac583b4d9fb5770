import { type Stream, shortName, streamsOf } from './streams.js';
import { type DrawnMessage, type DrawnModule, factsOf, type System } from './system.js';

/** The arrow of each kind of message. */
const ARROWS = {
  command: (label: string) => `-- "${label}" -->`,
  event: (label: string) => `-. "${label}" .->`,
  query: (label: string) => `== "${label}" ==>`,
} as const satisfies Record<DrawnMessage['kind'], (label: string) => string>;

const RED = 'stroke:#d0182b,stroke-width:3px';

/** Who depends on whom, as Mermaid. */
export function dependencyChart({ modules }: System): string {
  const arrows = modules.flatMap(({ name, dependsOn }) => dependsOn.map((other) => `${id(name)} --> ${id(other)}`));
  return chart([...modules.map(({ name }) => node(name, [name])), ...arrows]);
}

/** What passes between modules, as Mermaid: a box for each app where there are several, and violations in red. */
export function messageChart(system: System): string {
  const arrows = [...streamsOf(system).map(arrow), ...violationArrows(system)];
  const red = arrows.flatMap(({ isRed }, index) => (isRed ? index : []));
  const atFault = new Set(system.violations.flatMap(({ modules }) => modules));
  return chart([
    ...nodesByApp(system),
    ...arrows.map(({ line }) => line),
    ...(red.length > 0 ? [`linkStyle ${red.join(',')} ${RED},color:#d0182b`] : []),
    ...(atFault.size > 0 ? [`classDef wrong ${RED}`, `class ${[...atFault].map(id).join(',')} wrong`] : []),
  ]);
}

function chart(lines: readonly string[]): string {
  return ['flowchart LR', ...lines.map((line) => `  ${line}`)].join('\n');
}

function nodesByApp(system: System): string[] {
  const { apps, modules } = system;
  if (apps.length < 2) return modules.map(withSchema);
  const boxes = apps.flatMap((app, index) => [
    `subgraph app_${index}["${text([app.name, ...factsOf(app, system)].join(' - '))}"]`,
    ...modules.filter((module) => module.app === app.name).map((module) => `  ${withSchema(module)}`),
    'end',
  ]);
  return [...boxes, ...modules.filter(({ app }) => app === undefined).map(withSchema)];
}

const withSchema = ({ name, schema }: DrawnModule): string =>
  node(name, [name, ...(schema === undefined ? [] : [`schema ${schema}`])]);

interface Arrow {
  readonly line: string;
  readonly isRed: boolean;
}

function arrow({ from, to, kind, messages }: Stream): Arrow {
  const label = messages.map((message) => text(shortName(message))).join('<br/>');
  return { line: `${id(from)} ${ARROWS[kind](label)} ${id(to)}`, isRed: false };
}

function violationArrows({ violations }: System): Arrow[] {
  const broken = violations.flatMap(({ rule, reaches }) => reaches.map((reach) => ({ rule, ...reach })));
  const lines = broken.map(({ rule, from, to }) => `${id(from)} -- "${text(rule)}" --x ${id(to)}`);
  return [...new Set(lines)].sort().map((line) => ({ line, isRed: true }));
}

const node = (module: string, lines: readonly string[]): string => `${id(module)}["${lines.map(text).join('<br/>')}"]`;

/** Prefixed, because Mermaid has words of its own, such as "end"; and it reads "--" as an arrow. */
function id(module: string): string {
  const unlike = (character: string) => (character === '-' ? '_' : `_${character.codePointAt(0)?.toString(16)}_`);
  return `m_${module.replace(/[^A-Za-z0-9]/gu, unlike)}`;
}

/** Mermaid reads entities with a # in place of the ampersand. */
function text(given: string): string {
  return given.replace(/[^\w .:/-]/gu, (character) => `#${character.codePointAt(0)};`);
}

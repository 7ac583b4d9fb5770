import type { DeclaredMessage, System } from './system.js';

/** docs/architecture.md: the system in two pictures and a table. The same system always gives the same text. */
export function architecturePage(system: System): string {
  return `<!-- Written by "npx seamline graph" from the sources. Change those and run it again. -->
# Modules and messages

## Who depends on whom

An arrow leads from a module to one whose contract it imports: \`dependsOn\` in its \`module.json\`.

${picture([...nodes(system), ...dependencies(system)])}

## What passes between them

A solid arrow is a command, from those who send it to the one module that carries it out; a dotted one is an event, from
the module it happened in to those who subscribe to it.

${picture([...nodes(system), ...streams(system)])}

## Every message

The key orders messages: those with the same value are handled one after the other, in the order they were sent.

| message | kind | from | to | key | meaning |
|---|---|---|---|---|---|
${system.messages.map(row).join('\n')}
`;
}

const picture = (lines: readonly string[]): string =>
  ['```mermaid', 'flowchart LR', ...lines.map((line) => `  ${line}`), '```'].join('\n');

/** Prefixed, because Mermaid has words of its own, such as "end". */
const id = (module: string): string => `m_${module}`;

const nodes = ({ modules }: System): string[] => modules.map(({ name }) => `${id(name)}["${name}"]`);

const dependencies = ({ modules }: System): string[] =>
  modules.flatMap(({ name, dependsOn }) => dependsOn.map((other) => `${id(name)} --> ${id(other)}`));

/** One arrow for all messages of a kind from one module to another. */
function streams({ messages }: System): string[] {
  const flows = messages.flatMap((message) =>
    message.from.flatMap((from) => message.to.filter((to) => to !== from).map((to) => ({ message, from, to }))),
  );
  const byArrow = Map.groupBy(flows, ({ message, from, to }) => [from, to, message.kind].join(' '));
  return [...byArrow]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, among]) => {
      const [{ from, to, message }] = among as [(typeof among)[0]];
      const label = among.map((flow) => shortName(flow.message)).join('<br/>');
      return message.kind === 'command'
        ? `${id(from)} -- "${label}" --> ${id(to)}`
        : `${id(from)} -. "${label}" .-> ${id(to)}`;
    });
}

const shortName = ({ name }: DeclaredMessage): string => name.slice(name.indexOf('.') + 1);

function row({ name, kind, from, to, key, meaning }: DeclaredMessage): string {
  const cells = [`\`${name}\``, kind, names(from), names(to), `\`${key}\``, meaning.replaceAll('|', '\\|')];
  return `| ${cells.join(' | ')} |`;
}

const names = (modules: readonly string[]): string => modules.join(', ') || 'nobody';

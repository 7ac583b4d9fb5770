import { dependencyChart, messageChart } from './mermaid.js';
import type { DrawnMessage, DrawnModule, System } from './system.js';

/**
 * The system as a page of Markdown. The same system always gives the same text.
 * @param picture an SVG file beside the page, in place of what Mermaid would draw of the messages
 */
export function architecturePage(system: System, picture?: string): string {
  return `<!-- Written by "npx seamline graph" from the sources. Change those and run it again. -->
# Modules and messages

| module | schema | app | what it is for |
|---|---|---|---|
${system.modules.map(moduleRow).join('\n')}

## Who depends on whom

An arrow leads from a module to one whose contract it imports: \`dependsOn\` in its \`module.json\`.

${fenced(dependencyChart(system))}

## What passes between them

A solid arrow is a command, from those who send it to the one module that carries it out; a ${picture ? 'dashed' : 'dotted'} one is an event, from
the module it happened in to those who subscribe to it; a ${picture ? 'dotted' : 'thick'} one is a query, from those who ask to the one module that
answers.

${picture ? `![Modules, and the messages between them](${picture})` : fenced(messageChart(system))}

## Every message

The key orders messages: those with the same value are handled one after the other, in the order they were sent. A query
is answered at once and has none.

| message | kind | from | to | key | meaning |
|---|---|---|---|---|---|
${system.messages.map(messageRow).join('\n')}
${violations(system)}`;
}

const fenced = (chart: string): string => `\`\`\`mermaid\n${chart}\n\`\`\``;

function moduleRow({ name, schema, app, purpose }: DrawnModule): string {
  return row([plain(name), schema === undefined ? '' : code(schema), plain(app ?? 'none'), plain(purpose)]);
}

function messageRow({ name, kind, from, to, key, meaning }: DrawnMessage): string {
  return row([code(name), kind, names(from), names(to), key === undefined ? '' : code(key), plain(meaning)]);
}

function violations({ violations: broken }: System): string {
  if (broken.length === 0) return '';
  const lines = broken.map(
    ({ rule, file, line, what }) =>
      `- **${rule}**: ${code(line === undefined ? file : `${file}:${line}`)} ${plain(what)}`,
  );
  return `\n## What breaks a wall\n\n${lines.join('\n')}\n`;
}

const row = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;

const names = (modules: readonly string[]): string => modules.map(plain).join(', ') || 'nobody';

const code = (text: string): string => `\`${text.replaceAll('`', "'").replaceAll('|', '\\|').replace(/\s+/g, ' ')}\``;

/** Text in a cell: it neither ends the cell nor begins a tag; code in it stays code. */
const plain = (text: string): string => text.replace(/\s+/g, ' ').replace(/[|<]/g, '\\$&');

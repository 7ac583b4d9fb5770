import { escaped, prose } from '../markup.js';
import { counted } from '../summary.js';
import type { DrawnMessage, DrawnModule, System } from '../system.js';
import { wayBetween } from '../system.js';
import { messageName, moduleLink, moduleLinks, sample, violationList } from './parts.js';

/** What stands beside the picture: the modules and what is wrong, or, of a chosen module, all about it. */
export function side(system: System): string {
  return [overview(system), ...system.modules.map((module) => detail(module, system))].join('\n');
}

function overview(system: System): string {
  const { apps, modules } = system;
  const groups = [
    ...apps.map(({ name }) => ({ name, its: modules.filter(({ app }) => app === name) })),
    { name: 'in no app', its: modules.filter(({ app }) => app === undefined) },
  ].filter(({ its }) => its.length > 0);
  const title = (name: string) => (groups.length > 1 ? `<h3>${escaped(name)}</h3>` : '');
  return `<section class="detail overview shown" data-of="">
${verdict(system)}
<h2>Modules</h2>
${groups.map(({ name, its }) => `${title(name)}<ul class="modules">${its.map(entry).join('')}</ul>`).join('\n')}
</section>`;
}

function entry({ name, purpose }: DrawnModule): string {
  return `<li>${moduleLink(name)}${purpose === '' ? '' : `<p>${prose(purpose)}</p>`}</li>`;
}

function verdict({ walls, violations }: System): string {
  if (walls.length === 0) return '';
  const which = walls.join(' and ');
  if (violations.length === 0) return `<p class="whole">Nothing breaks the walls of ${which}.</p>`;
  return `<section class="wrongs"><h2>${counted(violations.length, 'violation')}</h2>${violationList(violations)}</section>`;
}

function detail(module: DrawnModule, system: System): string {
  const { name, purpose, schema, app, dependsOn } = module;
  const { modules, messages, violations } = system;
  const usedBy = modules.filter((other) => other.dependsOn.includes(name)).map((other) => other.name);
  const wrong = violations.filter((violation) => violation.modules.includes(name));
  return `<section class="detail" data-of="${escaped(name)}" aria-label="${escaped(name)}">
<p class="back">${moduleLink('', 'All modules')}</p>
<h2>${escaped(name)}</h2>
${purpose === '' ? '' : `<p class="purpose">${prose(purpose)}</p>`}
<dl>
<dt>Schema</dt><dd>${schema === undefined ? '<span class="none">none</span>' : `<code>${escaped(schema)}</code>`}</dd>
${app === undefined ? '' : `<dt>App</dt><dd>${escaped(app)}</dd>`}
<dt>Depends on</dt><dd>${moduleLinks(dependsOn, 'no other')}</dd>
<dt>Used by</dt><dd>${moduleLinks(usedBy, 'no other')}</dd>
</dl>
${wrong.length === 0 ? '' : `<section class="wrongs"><h3>${counted(wrong.length, 'violation')}</h3>${violationList(wrong)}</section>`}
${list(
  'In',
  messages.filter(({ to }) => to.includes(name)),
  (message) => passage('from', message.from, message, module, system),
)}
${list(
  'Out',
  messages.filter(({ from }) => from.includes(name)),
  (message) => passage('to', message.to, message, module, system),
)}
</section>`;
}

function list(title: string, messages: readonly DrawnMessage[], passed: (message: DrawnMessage) => string): string {
  if (messages.length === 0) return `<h3>${title} <span class="number">none</span></h3>`;
  const items = messages.map((message) => {
    return `<li>${sample(message.kind)}${messageName(message)} <span class="who">${passed(message)}</span><p>${prose(message.meaning)}</p></li>`;
  });
  return `<h3>${title} <span class="number">${messages.length}</span></h3>\n<ul class="passages">${items.join('\n')}</ul>`;
}

/** Who is at the other end, and how it gets there where that is another app. */
function passage(
  direction: 'from' | 'to',
  others: readonly string[],
  { kind }: DrawnMessage,
  { name }: DrawnModule,
  system: System,
): string {
  if (others.length === 0) return direction === 'from' ? 'from nobody' : 'to nobody';
  const ends = others.map((other) => {
    if (other === name) return 'itself';
    const way = direction === 'from' ? wayBetween(system, kind, other, name) : wayBetween(system, kind, name, other);
    return `${moduleLink(other)}${way === undefined ? '' : ` by ${escaped(way)}`}`;
  });
  return `${direction} ${ends.join(', ')}`;
}

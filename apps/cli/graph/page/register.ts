import { escaped, prose } from '../markup.js';
import type { DrawnMessage, System } from '../system.js';
import { messageName, moduleLinks, sample } from './parts.js';

/** Every message, in a table. */
export function register({ messages, violations }: System): string {
  const wrong = new Set(violations.flatMap((violation) => violation.messages));
  return `<div class="scroll"><table>
<thead><tr><th scope="col">Message</th><th scope="col">Kind</th><th scope="col">From</th><th scope="col">To</th><th scope="col">Key</th><th scope="col">Meaning</th></tr></thead>
<tbody>
${messages.map((message) => row(message, wrong.has(message.name))).join('\n')}
</tbody>
</table></div>`;
}

function row(message: DrawnMessage, isWrong: boolean): string {
  const { kind, from, to, key, meaning } = message;
  const cells = [
    `<th scope="row">${messageName(message)}</th>`,
    `<td class="kind ${kind}">${sample(kind)}${kind}</td>`,
    `<td>${moduleLinks(from, 'nobody')}</td>`,
    `<td>${moduleLinks(to, 'nobody')}</td>`,
    `<td class="key">${key === undefined ? '' : `<code>${escaped(key)}</code>`}</td>`,
    `<td class="meaning">${prose(meaning)}</td>`,
  ];
  return `<tr data-kind="${kind}"${isWrong ? ' class="wrong"' : ''}>${cells.join('')}</tr>`;
}

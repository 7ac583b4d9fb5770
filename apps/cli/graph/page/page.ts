import { createHash } from 'node:crypto';
import { escaped } from '../markup.js';
import { pictureInPage } from '../picture/picture.js';
import { summary } from '../summary.js';
import type { DrawnMessage, System } from '../system.js';
import { sample } from './parts.js';
import { register } from './register.js';
import { PAGE_SCRIPT } from './script.js';
import { side } from './side.js';
import { pageStyle } from './style.js';

const KINDS = { command: 'Commands', event: 'Events', query: 'Queries' } as const satisfies Record<
  DrawnMessage['kind'],
  string
>;

/** The only program that the page may run is ours, and it can reach nothing outside of it. */
const POLICY = `default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-${createHash('sha256').update(PAGE_SCRIPT).digest('base64')}'`;

/** The system as one page that needs nothing beside itself: no network, no server. The same system always gives the same. */
export async function pageOf(system: System): Promise<string> {
  const picture = await pictureInPage(system);
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="${POLICY}">
<title>${escaped(system.name)}: modules and messages</title>
<style>${pageStyle()}</style>
</head>
<body>
<a class="skip" href="#messages">To the table of messages</a>
<header>
<div class="heading"><h1>${escaped(system.name)}</h1><p>${escaped(summary(system))}</p></div>
<fieldset class="kinds"><legend class="unseen">Which messages to show</legend>${kindChoices(system)}${otherArrows(system, picture)}</fieldset>
<button type="button" class="theme" title="Light or dark"><span class="unseen">Light or dark</span><svg viewBox="0 0 16 16" aria-hidden="true"><circle cx="8" cy="8" r="6.2"/><path d="M8 1.8a6.2 6.2 0 0 1 0 12.4z"/></svg></button>
</header>
<main>
<section class="stage" aria-label="Picture">
${picture}
<div class="zoom"><button type="button" class="zoom-in" title="Nearer" aria-label="Nearer">+</button><button type="button" class="zoom-out" title="Farther" aria-label="Farther">−</button><button type="button" class="zoom-fit" title="All of it" aria-label="All of it">⤢</button></div>
</section>
<aside class="side" aria-label="Modules" tabindex="0">
${side(system)}
</aside>
<p class="status unseen" role="status"></p>
<section class="register" id="messages" aria-labelledby="messages-title">
<div class="bar"><h2 id="messages-title">Messages</h2><span class="count" role="status">${system.messages.length}</span><input class="search" type="search" placeholder="Filter: name, module, word…  ( / )" aria-label="Filter the messages"></div>
${register(system)}
</section>
</main>
<script>${PAGE_SCRIPT}</script>
</body>
</html>
`;
}

function kindChoices({ messages }: System): string {
  return Object.entries(KINDS)
    .map(([kind, title]) => {
      const count = messages.filter((message) => message.kind === kind).length;
      return `<label class="choice ${kind}"><input type="checkbox" value="${kind}" checked>${sample(kind)}<span>${title}</span> <b>${count}</b></label>`;
    })
    .join('');
}

/** The arrows that are no single kind of message, where the picture has them. */
function otherArrows({ violations }: System, picture: string): string {
  const mixed = `<span class="choice">${sample('mixed')}<span>Several kinds, by number</span></span>`;
  const wrong = `<button type="button" class="choice wrong" data-choose="">${sample('wrong')}<span>Violations</span> <b>${violations.length}</b></button>`;
  return `${picture.includes('class="arrow mixed"') ? mixed : ''}${violations.length > 0 ? wrong : ''}`;
}

import { colourThemes, FONT, MONO } from '../picture/palette.js';
import { PICTURE_STYLE } from '../picture/style.js';

export function pageStyle(): string {
  return `
${colourThemes()}
* { box-sizing: border-box; }
[hidden] { display: none !important; }
html { font: 15px/1.45 ${FONT}; background: var(--canvas); color: var(--ink); -webkit-text-size-adjust: 100%; }
body { margin: 0; }
h1, h2, h3, h4, p, ul, dl, dd, fieldset { margin: 0; padding: 0; border: 0; }
ul { list-style: none; }
code, .place { font: 0.87em/1.4 ${MONO}; overflow-wrap: anywhere; }
button { font: inherit; color: inherit; cursor: pointer; }
:focus-visible { outline: 2.5px solid var(--command); outline-offset: 2px; border-radius: 4px; }
.unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
.skip { position: absolute; left: 16px; top: -60px; padding: 8px 14px; background: var(--card); border: 1px solid var(--line); border-radius: 8px; color: var(--ink); z-index: 5; }
.skip:focus { top: 10px; }
.pale, .none, .number { color: var(--muted); font-weight: 400; }

header { display: flex; flex-wrap: wrap; align-items: center; gap: 10px 28px; padding: 14px 24px; border-bottom: 1px solid var(--line); }
.heading { display: flex; flex-wrap: wrap; align-items: baseline; gap: 2px 14px; margin-right: auto; }
h1 { font-size: 21px; letter-spacing: -0.01em; }
.heading p { color: var(--muted); }
.kinds { display: flex; flex-wrap: wrap; gap: 8px; min-width: 0; }
.choice { display: inline-flex; align-items: center; gap: 8px; padding: 4px 12px; border: 1px solid var(--line); border-radius: 999px; background: var(--card); font-size: 13px; user-select: none; }
label.choice { cursor: pointer; }
.choice b { font-variant-numeric: tabular-nums; }
.choice input { position: absolute; opacity: 0; }
.choice:has(input:not(:checked)) { opacity: 0.55; text-decoration: line-through; }
.choice:has(:focus-visible) { outline: 2.5px solid var(--command); outline-offset: 2px; }
button.choice { font: inherit; font-size: 13px; }
.choice.wrong { color: var(--wrong); border-color: currentColor; background: var(--wrong-tint); }
.sample { width: 34px; height: 10px; flex: none; overflow: visible; }
.theme, .zoom button { width: 34px; height: 34px; padding: 0; border: 1px solid var(--line); border-radius: 999px; background: var(--card); line-height: 1; }
.theme svg { width: 16px; height: 16px; display: block; margin: auto; fill: currentColor; }
.theme circle { fill: none; stroke: currentColor; stroke-width: 1.5; }
.theme, .zoom, .search, .back, .skip { display: none; }
.scripted .theme, .scripted .zoom, .scripted .search, .scripted .back, .scripted .skip { display: block; }

main { display: grid; grid-template-columns: minmax(0, 1fr) 25rem; }
.stage { position: relative; height: calc(100vh - 66px); min-height: 26rem; border-right: 1px solid var(--line); }
.stage > svg { display: block; width: 100%; height: 100%; touch-action: pan-y; }
.stage.near > svg { cursor: grab; touch-action: none; }
.zoom { position: absolute; right: 16px; bottom: 16px; }
.zoom button { display: block; margin-top: 6px; font-size: 17px; }
${PICTURE_STYLE.trim()}
.scripted .module { cursor: pointer; }
.module, .arrow { transition: opacity 0.14s; }
.module:focus-visible { outline: none; }
.module:focus-visible rect.card, .module.focus rect.card { stroke: var(--command); stroke-width: 2.5; }
.dimmed .module:not(.lit) { opacity: 0.22; }
.dimmed .arrow:not(.lit) { opacity: 0.07; }
.arrow.gone { display: none; }
@media (prefers-reduced-motion: reduce) { .module, .arrow { transition: none; } }

.side { height: calc(100vh - 66px); min-height: 26rem; overflow-y: auto; padding: 20px 24px 32px; }
.scripted .detail:not(.shown) { display: none; }
.detail + .detail { margin-top: 40px; }
.scripted .detail + .detail { margin-top: 0; }
.side h2 { font-size: 19px; letter-spacing: -0.005em; margin-bottom: 6px; }
.side h3 { font-size: 14px; margin: 22px 0 8px; }
.overview h3 { color: var(--muted); font-weight: 600; }
.back { margin-bottom: 12px; font-size: 13px; }
.back .link::before { content: '← '; }
.purpose { color: var(--muted); }
.link { padding: 0; border: 0; background: none; color: inherit; text-align: left; text-decoration: underline; text-decoration-color: var(--line); text-underline-offset: 3px; }
html:not(.scripted) .link { text-decoration: none; cursor: auto; }
.link:hover { text-decoration-color: currentColor; }
.modules li { padding: 9px 0; border-top: 1px solid var(--line); }
.modules li:first-child { border-top: 0; }
.modules .link { font-weight: 700; }
.modules p { color: var(--muted); font-size: 13px; }
dl { display: grid; grid-template-columns: auto 1fr; gap: 5px 16px; margin-top: 16px; font-size: 13.5px; }
dt { color: var(--muted); }
.passages li { padding: 9px 0; border-top: 1px solid var(--line); font-size: 13.5px; }
.passages .sample { margin-right: 10px; }
.passages .who { color: var(--muted); margin-left: 4px; }
.passages .who .link { color: var(--ink); }
.passages p { color: var(--muted); margin-top: 2px; font-size: 13px; }
.whole { margin-bottom: 18px; padding: 10px 14px; border-radius: 9px; border: 1px solid var(--line); color: var(--event); background: var(--card); }
.wrongs { margin: 0 0 24px; padding: 14px 16px; border: 1.5px solid var(--wrong); border-radius: 10px; background: var(--wrong-tint); font-size: 13.5px; }
.detail > dl + .wrongs { margin-top: 20px; }
.wrongs h2, .wrongs h3 { color: var(--wrong); margin-top: 0; }
.violation + .violation { margin-top: 16px; }
.violation h4 { font-size: 13.5px; }
.violation p { color: var(--muted); }
.violation em { font-style: normal; color: var(--ink); }
.violation li { margin-top: 8px; padding-left: 10px; border-left: 3px solid var(--wrong); overflow-wrap: anywhere; }
.violation .place { font-weight: 600; }

.register { grid-column: 1 / -1; padding: 28px 24px 56px; border-top: 1px solid var(--line); }
.bar { display: flex; flex-wrap: wrap; align-items: baseline; gap: 8px 14px; margin-bottom: 14px; }
.bar h2 { font-size: 19px; }
.count { color: var(--muted); }
.search { margin-left: auto; width: min(26rem, 100%); padding: 8px 12px; border: 1px solid var(--line); border-radius: 9px; background: var(--card); color: var(--ink); font: inherit; font-size: 14px; }
.search::placeholder { color: var(--muted); opacity: 1; }
.scroll { overflow-x: auto; }
table { width: 100%; border-collapse: collapse; font-size: 13.5px; }
th, td { padding: 8px 18px 8px 0; text-align: left; vertical-align: top; border-top: 1px solid var(--line); }
thead th { border-top: 0; color: var(--muted); font-weight: 600; white-space: nowrap; }
tbody th { font-weight: 400; white-space: nowrap; }
td.kind, td.key { white-space: nowrap; }
td.kind .sample { margin-right: 10px; vertical-align: 0; }
td.meaning { color: var(--muted); min-width: 20rem; }
tbody tr:hover { background: var(--frame); }
tr.wrong th { color: var(--wrong); }
tr.wrong th .pale { color: inherit; }

@media (max-width: 62rem) {
  main { grid-template-columns: minmax(0, 1fr); }
  .stage { height: min(70vh, 100vw); min-height: 0; border-right: 0; border-bottom: 1px solid var(--line); }
  .side { height: auto; max-height: none; min-height: 0; }
}
@media print {
  @page { size: A3 landscape; margin: 12mm; }
  .theme, .zoom, .search, .skip, .count, .back { display: none !important; }
  .side, .detail.overview { display: block !important; }
  .detail:not(.overview), .overview > :not(.wrongs) { display: none !important; }
  .side { height: auto; min-height: 0; padding: 0; }
  html { font-size: 12px; }
  header { padding: 0 0 8px; }
  main { display: block; }
  .stage { height: 235mm; border: 0; }
  .register { padding: 0; border: 0; break-before: page; }
  .dimmed .module, .dimmed .arrow { opacity: 1 !important; }
  .register tr[hidden] { display: table-row !important; }
  tr { break-inside: avoid; }
  thead { display: table-header-group; }
  .picture, .module rect, .frame { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
}
`;
}

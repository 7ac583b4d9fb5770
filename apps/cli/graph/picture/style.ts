import { FONT, MONO } from './palette.js';
import { COMPACT, COMPACT_TITLE, LABEL, ROOMY, ROOMY_TITLE } from './scene.js';

/** How a picture looks; its colours are variables, which stand where it is shown. */
export const PICTURE_STYLE = `
.picture { font-family: ${FONT}; background: var(--canvas); }
.picture text { fill: var(--ink); }
.picture .mono { font-family: ${MONO}; }
.backdrop { fill: var(--canvas); }
.frame { fill: var(--frame); stroke: var(--line); }
.picture .frame-title { paint-order: stroke; stroke: var(--frame); stroke-width: 5px; stroke-linejoin: round; font-size: ${ROOMY_TITLE.text}px; font-weight: 700; letter-spacing: 0.02em; }
.picture .frame-title .about { font-size: ${ROOMY_TITLE.about}px; fill: var(--muted); font-weight: 400; letter-spacing: 0; }
.module rect.card { fill: var(--card); stroke: var(--line); stroke-width: 1.2; }
.module .name { font-size: ${ROOMY.name}px; font-weight: 700; }
.module .schema { font-size: ${ROOMY.schema}px; fill: var(--muted); }
.module .purpose { font-size: ${ROOMY.text}px; fill: var(--muted); }
.module .own { font-size: 11px; fill: var(--muted); text-anchor: end; }
.module .cylinder { fill: none; stroke: var(--muted); stroke-width: 1.1; }
.module.unplaced rect.card { stroke-dasharray: 5 4; stroke: var(--muted); }
.module.wrong rect.card { fill: var(--wrong-tint); stroke: var(--wrong); stroke-width: 2.2; }
.module .badge circle, .module .badge rect { fill: var(--wrong); }
.module .badge text { fill: var(--canvas); font-size: 11px; font-weight: 700; text-anchor: middle; }
.picture.compact .frame-title { font-size: ${COMPACT_TITLE.text}px; }
.picture.compact .frame-title .about { font-size: ${COMPACT_TITLE.about}px; }
.compact .module .name { font-size: ${COMPACT.name}px; }
.compact .module .schema { font-size: ${COMPACT.schema}px; }
.arrow { color: var(--mixed); }
.arrow.command { color: var(--command); }
.arrow.event { color: var(--event); }
.arrow.query { color: var(--query); }
.arrow.wrong { color: var(--wrong); }
.arrow .line { fill: none; stroke: currentColor; stroke-width: 1.7; }
.arrow.event .line { stroke-dasharray: 7 4; }
.arrow.query .line { stroke-dasharray: 1.5 4; stroke-linecap: round; stroke-width: 2.2; }
.arrow.wrong .line { stroke-width: 3; }
.arrow .grip { fill: none; stroke: transparent; stroke-width: 14; }
.arrow .head { fill: currentColor; stroke: none; }
.arrow.query .head { fill: var(--canvas); stroke: currentColor; stroke-width: 1.5; }
.arrow .plate { fill: var(--canvas); stroke: currentColor; stroke-opacity: 0.35; }
.arrow .label { font-size: ${LABEL.text}px; text-anchor: middle; fill: currentColor; }
.arrow .label .version { fill-opacity: 0.72; }
.arrow .label .way { font-style: italic; fill: var(--muted); }
.arrow.wrong .plate { fill: var(--wrong-tint); stroke-opacity: 1; }
.arrow.wrong .label { font-weight: 700; }
.legend text { font-size: 11.5px; fill: var(--muted); }
`;

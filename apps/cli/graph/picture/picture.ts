import { escaped, figure } from '../markup.js';
import { summary } from '../summary.js';
import type { System } from '../system.js';
import { arrowLabel, arrowLine, wayOf } from './arrows.js';
import { cardAt, frameOf, frameTitle } from './cards.js';
import type { Point } from './curves.js';
import { layOut } from './layout.js';
import { legend, legendWidth } from './legend.js';
import { colours } from './palette.js';
import type { Area, Size } from './plan.js';
import { planOf, sceneOf } from './scene.js';
import { PICTURE_STYLE } from './style.js';

/** Around everything. */
const MARGIN = 28;
const LEGEND_HEIGHT = 44;

/** The system as an SVG file of its own, with its colours, a legend, and words for those who cannot see it. */
export async function pictureFile(system: System): Promise<string> {
  const { width, height, content, isCompact } = await drawn(system);
  const hasViolations = system.violations.length > 0;
  const [right, bottom] = [Math.max(width, legendWidth(isCompact, hasViolations)), height + LEGEND_HEIGHT].map(figure);
  return `<?xml version="1.0" encoding="UTF-8"?>
<svg xmlns="http://www.w3.org/2000/svg" class="picture${isCompact ? ' compact' : ''}" viewBox="0 0 ${right} ${bottom}" width="${right}" height="${bottom}" role="img" aria-labelledby="title description">
<title id="title">${escaped(system.name)}: modules and messages</title>
<desc id="description">${escaped(summary(system))}</desc>
<style>
${colours('.picture')}
${PICTURE_STYLE.trim()}
</style>
<rect class="backdrop" width="100%" height="100%"/>
${content}
${legend(MARGIN, height + 10, isCompact, hasViolations)}
</svg>
`;
}

/** The same inside a page, which has the colours and the legend. */
export async function pictureInPage(system: System): Promise<string> {
  const { width, height, content, isCompact } = await drawn(system);
  return `<svg class="picture${isCompact ? ' compact' : ''}" viewBox="0 0 ${figure(width)} ${figure(height)}" role="group" aria-labelledby="picture-title picture-description">
<title id="picture-title">Modules, and what passes between them</title>
<desc id="picture-description">${escaped(summary(system))} The tables below say the same in words.</desc>
${content}
</svg>`;
}

async function drawn(system: System): Promise<Size & { content: string; isCompact: boolean }> {
  const scene = sceneOf(system);
  const layout = await layOut(planOf(scene));
  const { frames, cards, arrows, isCompact } = scene;
  const content = [
    ...layout.groups.map(frameOf),
    ...arrows.map((arrow, index) => arrowLine(arrow, wayOf(arrow, index, cards, layout))),
    ...frames.map((frame, index) => frameTitle(frame, layout.groups[index] as Area, isCompact)),
    ...cards.map((card, index) => cardAt(card, layout.boxes[index] as Area, isCompact)),
    ...arrows.map((arrow, index) => arrowLabel(arrow, layout.links[index]?.label as Point)),
  ];
  return {
    width: layout.width + 2 * MARGIN,
    height: layout.height + 2 * MARGIN,
    content: `<g transform="translate(${MARGIN} ${MARGIN})">\n${content.join('\n')}\n</g>`,
    isCompact,
  };
}

import { type Point, reachOf } from './curves.js';
import type { Area, Layout, Plan } from './plan.js';

const MARGIN = 14;

/**
 * The groups, so wide that the links within them stay inside: Graphviz lets their curves swing out. One that would then
 * stand on another group, or on a box that is not its own, stays as it is.
 */
export function widened(
  groups: readonly Area[],
  boxes: readonly Area[],
  ways: Layout['links'],
  plan: Pick<Plan, 'boxes' | 'links'>,
): Area[] {
  const groupOf = (box: number) => plan.boxes[box]?.group;
  return groups.map((group, index) => {
    const within = ways.filter((_, link) => {
      const { tail, head } = plan.links[link] as Plan['links'][number];
      return groupOf(tail) === index && groupOf(head) === index;
    });
    const wide = around(
      group,
      within.flatMap(({ parts }) => parts.flatMap(reachOf)),
    );
    const others = [...groups.filter((each) => each !== group), ...boxes.filter((_, box) => groupOf(box) !== index)];
    return others.some((other) => overlaps(wide, other)) ? group : wide;
  });
}

function around({ x, y, width, height }: Area, points: readonly Point[]): Area {
  const left = points.reduce((least, point) => Math.min(least, point.x - MARGIN), x);
  const top = points.reduce((least, point) => Math.min(least, point.y - MARGIN), y);
  const right = points.reduce((most, point) => Math.max(most, point.x + MARGIN), x + width);
  const bottom = points.reduce((most, point) => Math.max(most, point.y + MARGIN), y + height);
  return { x: left, y: top, width: right - left, height: bottom - top };
}

function overlaps(a: Area, b: Area): boolean {
  return a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;
}

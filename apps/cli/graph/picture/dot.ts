import type { Link, Plan, Size } from './plan.js';

/** Graphviz counts in inches of so many points. */
const INCH = 72;
/** An app without modules still has a place. */
const EMPTY_GROUP = { width: 120, height: 20 };

/** Beyond so many boxes the best places take Graphviz minutes, good ones seconds. */
const MANY = 120;
const VERY_MANY = 300;

/** From left to right, or from top to bottom. */
export type Direction = 'LR' | 'TB';

/** The directions worth trying: lines that lead through their labels go from left to right, as text does. */
export function directionsFor({ boxes, links }: Plan): readonly Direction[] {
  if (boxes.length > VERY_MANY) return ['TB'];
  return links.length === 0 || links.some(({ label }) => label) ? ['LR'] : ['LR', 'TB'];
}

/** The plan in the language of Graphviz. Holds no word of the system, only sizes and numbers. */
export function dotOf({ boxes, groups, links }: Plan, direction: Direction): string {
  const placed = [
    ...boxes.map((box, index) => ({ group: box.group, dot: `b${index} [${sized(box)}]` })),
    ...groups.flatMap((_, group) =>
      boxes.some((box) => box.group === group) ? [] : { group, dot: `e${group} [style=invis, ${sized(EMPTY_GROUP)}]` },
    ),
    ...links.map((link, index) => {
      const [group, other] = [boxes[link.tail]?.group, boxes[link.head]?.group];
      return { group: group === other ? group : undefined, dot: linkOf(link, index) };
    }),
  ];
  const inGroup = (group: number | undefined) => placed.flatMap((each) => (each.group === group ? each.dot : []));
  const clusters = groups.map(
    (title, index) => `subgraph cluster_${index} { graph [label=${blank(title)}]; ${inGroup(index).join('; ')} }`,
  );
  const [between, along] = links.some(({ label }) => label) ? [0.28, 0.55] : [0.16, 0.8];
  return `digraph {
    graph [rankdir=${direction}, newrank=true, nodesep=${between}, ranksep=${along}, ${effortFor(boxes.length)} pad=0, margin=18, labeljust=l]
    node [shape=box, fixedsize=true, label=""]
    edge [dir=none]
    ${[...clusters, ...inGroup(undefined), ...besideOthers(boxes, links)].join('\n')}
  }`;
}

function effortFor(count: number): string {
  if (count <= MANY) return '';
  const hasty = 'nslimit=0.5, nslimit1=1, mclimit=0.1, ';
  return count <= VERY_MANY ? hasty : `${hasty}splines=line, `;
}

const sized = ({ width, height }: Size): string => `width=${width / INCH}, height=${height / INCH}`;

/** Room for what we write ourselves. */
const blank = ({ width, height }: Size): string =>
  `<<table border="0" cellborder="0" cellpadding="0" cellspacing="0" fixedsize="true" width="${Math.ceil(width)}" height="${Math.ceil(height)}"><tr><td></td></tr></table>>`;

/** A link leads straight through its label, which is a box like others. */
function linkOf({ tail, head, label }: Link, index: number): string {
  if (label === undefined) return `b${tail} -> b${head} [id=l${index}]`;
  return `t${index} [${sized(label)}]; b${tail} -> t${index}:w [id=i${index}]; t${index}:e -> b${head} [id=o${index}]`;
}

/** Boxes that nothing links would all stand in the first column: each goes where there are the fewest. */
function besideOthers(boxes: Plan['boxes'], links: Plan['links']): string[] {
  const linked = new Set(links.flatMap(({ tail, head }) => [tail, head]));
  const alone = [...boxes.keys()].filter((index) => !linked.has(index));
  const columns = Map.groupBy(
    [...linked].sort((a, b) => a - b),
    longestWays(links),
  );
  const wanted = Math.max(columns.size, Math.ceil(Math.sqrt(alone.length)));
  const full = Array.from({ length: wanted }, (_, column) => [...(columns.get(column) ?? [])]);
  for (const index of alone) {
    const fewest = Math.min(...full.map((column) => column.length));
    full.findLast((column) => column.length === fewest)?.push(index);
  }
  return full.flatMap((column, place) => {
    const [first, ...others] = column.filter((index) => !linked.has(index));
    if (first === undefined) return [];
    const anchor = column[0] as number;
    const beside = anchor === first ? others : [first, ...others];
    const before = full[place - 1]?.[0];
    return [
      ...beside.map((index) => `{ rank=same; b${anchor}; b${index} }`),
      ...(anchor === first && before !== undefined ? [`b${before} -> b${anchor} [style=invis]`] : []),
    ];
  });
}

/** How many links lead to a box at most, one after the other; a circle counts up to where it closes. */
function longestWays(links: Plan['links']): (box: number) => number {
  const into = Map.groupBy(links, ({ head }) => head);
  const known = new Map<number, number>();
  const longest = (box: number): number => {
    const found = known.get(box);
    if (found !== undefined) return found;
    known.set(box, 0);
    const ways = (into.get(box) ?? []).map(({ tail }) => longest(tail) + 1);
    const way = Math.max(0, ...ways);
    known.set(box, way);
    return way;
  };
  return longest;
}

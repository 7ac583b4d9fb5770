import { Graphviz } from '@hpcc-js/wasm-graphviz';
import { middleOf, type Point } from './curves.js';
import { directionsFor, dotOf } from './dot.js';
import type { Layout, Plan } from './plan.js';
import { widened } from './widened.js';

/** Of a screen, and of a sheet of paper nearly. */
const USUAL_SHAPE = { width: 16, height: 10 };

/**
 * Places boxes, groups and links by Graphviz's layered layout, in the direction in which it can be shown largest. The same
 * plan always gives the same layout.
 */
export async function layOut(plan: Plan): Promise<Layout> {
  const graphviz = await Graphviz.load();
  const [first, ...others] = directionsFor(plan).map((direction) =>
    layoutIn(JSON.parse(graphviz.layout(dotOf(plan, direction), 'json', 'dot')), plan),
  );
  return others.reduce((best, other) => (scaleOf(other) > scaleOf(best) ? other : best), first as Layout);
}

function scaleOf({ width, height }: Layout): number {
  return Math.min(USUAL_SHAPE.width / width, USUAL_SHAPE.height / height);
}

interface Drawn {
  readonly bb: string;
  readonly objects?: readonly { readonly name: string; readonly bb?: string; readonly pos?: string }[];
  readonly edges?: readonly { readonly id?: string; readonly pos?: string }[];
}

/** Graphviz measures upwards from the lower left corner; a picture downwards from the upper left one. */
function layoutIn({ bb, objects = [], edges = [] }: Drawn, plan: Plan): Layout {
  const { boxes, groups, links } = plan;
  const [left = 0, low = 0, right = 0, top = 0] = numbersIn(bb);
  const at = (x = 0, y = 0): Point => ({ x: x - left, y: top - y });
  const named = new Map(objects.map((object) => [object.name, object]));
  const drawn = new Map(edges.map((each) => [each.id, each]));
  const areas = boxes.map(({ width, height }, index) => {
    const [x, y] = numbersIn(named.get(`b${index}`)?.pos);
    const middle = at(x, y);
    return { x: middle.x - width / 2, y: middle.y - height / 2, width, height };
  });
  const frames = groups.map((_, index) => {
    const [x0 = 0, y0 = 0, x1 = 0, y1 = 0] = numbersIn(named.get(`cluster_${index}`)?.bb);
    return { ...at(x0, y1), width: x1 - x0, height: y1 - y0 };
  });
  const ways = links.map(({ label }, index) => {
    const partOf = (id: string) => (drawn.get(id)?.pos ?? '').split(' ').map((pair) => at(...numbersIn(pair)));
    if (label) {
      const middle = at(...numbersIn(named.get(`t${index}`)?.pos));
      return { parts: [partOf(`i${index}`), partOf(`o${index}`)], label: middle };
    }
    const part = partOf(`l${index}`);
    return { parts: [part], label: middleOf(part) };
  });
  return {
    width: right - left,
    height: top - low,
    boxes: areas,
    groups: widened(frames, areas, ways, plan),
    links: ways,
  };
}

function numbersIn(text = ''): number[] {
  return text === '' ? [] : text.split(',').map(Number);
}

/** What each node leads to. */
export type Arrows<Node> = (node: Node) => Iterable<Node>;

/**
 * The circle that each node is in: nodes of one number can all be reached from each other. A node in no circle, not
 * even with itself, has a number of its own.
 * Source: Tarjan, R. E. (1972), Depth-first search and linear graph algorithms; without recursion, so that a long chain
 * of imports needs no deep stack.
 */
export function knots<Node>(nodes: Iterable<Node>, arrows: Arrows<Node>): ReadonlyMap<Node, number> {
  const knotOf = new Map<Node, number>();
  const order = new Map<Node, number>();
  const lowest = new Map<Node, number>();
  const open: Node[] = [];
  const isOpen = new Set<Node>();
  let knot = 0;

  const enter = (node: Node): { node: Node; next: Iterator<Node> } => {
    order.set(node, order.size);
    lowest.set(node, order.size - 1);
    open.push(node);
    isOpen.add(node);
    return { node, next: arrows(node)[Symbol.iterator]() };
  };
  const lower = (node: Node, to: number): void => void lowest.set(node, Math.min(lowest.get(node) as number, to));
  const close = (node: Node): void => {
    for (let member: Node | undefined; member !== node; ) {
      member = open.pop() as Node;
      isOpen.delete(member);
      knotOf.set(member, knot);
    }
    knot++;
  };

  for (const start of nodes) {
    if (order.has(start)) continue;
    const path = [enter(start)];
    while (path.length > 0) {
      const { node, next } = path.at(-1) as { node: Node; next: Iterator<Node> };
      const { value: to, done } = next.next();
      if (done) {
        path.pop();
        const above = path.at(-1)?.node;
        if (above !== undefined) lower(above, lowest.get(node) as number);
        if (lowest.get(node) === order.get(node)) close(node);
      } else if (!order.has(to)) {
        path.push(enter(to));
      } else if (isOpen.has(to)) {
        lower(node, order.get(to) as number);
      }
    }
  }
  return knotOf;
}

/** A shortest way from one node to another, both included; undefined when there is none. */
export function shortestWay<Node>(from: Node, to: Node, arrows: Arrows<Node>): Node[] | undefined {
  const cameFrom = new Map<Node, Node | undefined>([[from, undefined]]);
  for (const node of cameFrom.keys()) {
    if (node === to) return wayTo(to, cameFrom);
    for (const next of arrows(node)) if (!cameFrom.has(next)) cameFrom.set(next, node);
  }
  return undefined;
}

function wayTo<Node>(to: Node, cameFrom: ReadonlyMap<Node, Node | undefined>): Node[] {
  const way: Node[] = [];
  for (let node: Node | undefined = to; node !== undefined; node = cameFrom.get(node)) way.unshift(node);
  return way;
}

/** A circle of names told from its first one, so that it is always told alike. */
export function fromItsFirst(circle: readonly string[]): string[] {
  const first = circle.reduce((least, name, index) => (name < (circle[least] as string) ? index : least), 0);
  return [...circle.slice(first), ...circle.slice(0, first)];
}

export interface Point {
  readonly x: number;
  readonly y: number;
}

/** Cubic Bézier curves, each from where the one before ends: its start, then three points a curve. */
export type Curves = readonly Point[];

/** Halfway along the middle one. */
export function middleOf(curves: Curves): Point {
  const count = (curves.length - 1) / 3;
  const first = Math.floor((count - 1) / 2) * 3;
  return pointsOn(curves.slice(first, first + 4), [count % 2 === 0 ? 1 : 0.5])[0] ?? { x: 0, y: 0 };
}

/** Points along all of them, close enough to tell how far they reach. */
export function reachOf(curves: Curves): Point[] {
  const starts = Array.from({ length: Math.floor((curves.length - 1) / 3) }, (_, index) => index * 3);
  return starts.flatMap((start) => pointsOn(curves.slice(start, start + 4), [0, 0.2, 0.4, 0.5, 0.6, 0.8, 1]));
}

function pointsOn([a, b, c, d]: Curves, parts: readonly number[]): Point[] {
  if (!a || !b || !c || !d) return [];
  return parts.map((t) => {
    const s = 1 - t;
    const at = (of: 'x' | 'y') => s ** 3 * a[of] + 3 * s * s * t * b[of] + 3 * s * t * t * c[of] + t ** 3 * d[of];
    return { x: at('x'), y: at('y') };
  });
}

import { type Random, seeded } from './random.js';

/** Where the kernel says what it is about to do, or has just done: the moments at which a process may die worst. */
export const POINTS = [
  'seamline.transaction.before-commit',
  'seamline.transaction.committed',
  'seamline.relay.read',
  'seamline.relay.acknowledged',
  'seamline.relay.persisted',
  'seamline.receiver.handled',
  'seamline.receiver.committed',
  'seamline.waiting.claimed',
  'seamline.waiting.handled',
] as const;
export type Point = (typeof POINTS)[number];

/** The `nth` time from now that the process comes to `point`. */
export interface Moment {
  readonly point: Point;
  readonly nth: number;
}

/** Times are in milliseconds, `at` since the load began; `worker` counts from 0. */
export type WorkerFault = { readonly at: number; readonly worker: number } & (
  | { readonly kind: 'kill'; readonly moment?: Moment; readonly downFor: number }
  | { readonly kind: 'freeze'; readonly moment?: Moment; readonly frozenFor: number }
);
export type DatabaseFault = { readonly at: number } & (
  | { readonly kind: 'cut'; readonly connections: number }
  | { readonly kind: 'crash'; readonly downFor: number }
);
export type Fault = WorkerFault | DatabaseFault;

export interface PlanOptions {
  readonly seed: number;
  /** Kills and freezes of workers; faults of the database come on top. */
  readonly kills: number;
  readonly workers: number;
  readonly duration: number;
  /** For a run that is about one thing; everything when not given. */
  readonly focus?: Focus | undefined;
}

/** Which ways of hitting a worker, as often as they stand there, and at which points. */
export interface Focus {
  readonly hand: readonly ('kill' | 'freeze' | 'kill at' | 'freeze at')[];
  readonly points: readonly Point[];
}

/** The hand is dealt over and over, so that even a short plan has some of each. */
const EVERYTHING: Focus = {
  hand: ['kill', 'kill at', 'freeze', 'kill at', 'kill', 'kill at', 'freeze at', 'kill at'],
  points: POINTS,
};
/** One of these for so many kills. */
const KILLS_A_CUT = 4;
const KILLS_A_CRASH = 12;

/** The same seed makes the same plan: which fault hits whom, when, and at which point. */
export function makePlan({ seed, kills, workers, duration, focus = EVERYTHING }: PlanOptions): Fault[] {
  const random = seeded(seed);
  const points = endlessly(random, focus.points);
  const kinds = random.shuffled(Array.from({ length: kills }, (_, i) => focus.hand[i % focus.hand.length] ?? 'kill'));
  const times = (count: number) => spread(random, count, duration);
  const hits = times(kills).map((at, i) => {
    const worker = random.below(workers);
    return { at, worker, ...howToHit(random, kinds[i] ?? 'kill', points) } as WorkerFault;
  });
  const cuts = times(Math.ceil(kills / KILLS_A_CUT)).map(
    (at): DatabaseFault => ({ at, kind: 'cut', connections: 1 + random.below(6) }),
  );
  const crashes = times(Math.round(kills / KILLS_A_CRASH)).map(
    (at): DatabaseFault => ({ at, kind: 'crash', downFor: random.between(0, 3_000) }),
  );
  return [...hits, ...cuts, ...crashes].sort((a, b) => a.at - b.at);
}

function howToHit(random: Random, kind: Focus['hand'][number], points: Iterator<Point, never>) {
  const moment = kind.endsWith(' at') && { moment: { point: points.next().value, nth: 1 + random.below(5) } };
  if (kind.startsWith('freeze')) return { kind: 'freeze', frozenFor: random.between(6_000, 15_000), ...moment };
  return { kind: 'kill', downFor: random.between(100, 2_000), ...moment };
}

/** As many moments as asked for, one in each equal part of the time. */
function spread(random: Random, count: number, duration: number): number[] {
  return Array.from({ length: count }, (_, i) => ((i + random.next()) / count) * duration);
}

/** Every one of them, in another order, before any comes again. */
function* endlessly<Item>(random: Random, items: readonly Item[]): Generator<Item, never> {
  for (;;) yield* random.shuffled(items);
}

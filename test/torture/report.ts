import { table } from '../../apps/cli/replay/table.js';
import type { Handover } from './handover.js';
import { type Judgement, VIOLATIONS, type Violation } from './oracle.js';
import type { Fault, Point } from './plan.js';

/** A fault that has happened. */
export interface Inflicted {
  readonly kind: Fault['kind'];
  readonly point: Point | undefined;
  /** False when the process did not come to the point in time, and was hit where it was. */
  readonly atItsMoment: boolean;
}

export interface Outcome {
  readonly postgres: string;
  readonly seconds: number;
  readonly inflicted: readonly Inflicted[];
  readonly endedByThemselves: readonly string[];
  /** What had not arrived when nothing more did. */
  readonly stuck: readonly string[];
  readonly judgements: readonly Judgement[];
  /** Messages that came again after their effect, and that an inbox dropped. */
  readonly dropped: number;
  /** Effects that were rolled back, and had to be done again. */
  readonly inVain: number;
  /** The shortest first. */
  readonly handovers: readonly Handover[];
}

const WANTED_HANDOVER = 10_000;
const WORDS = {
  kill: 'kill -9',
  freeze: 'frozen (SIGSTOP) for 6 to 15 s',
  cut: 'connections cut (pg_terminate_backend)',
  crash: 'PostgreSQL ended (stop -m immediate)',
} satisfies Record<Fault['kind'], string>;

/** What the oracle holds against the kernel: promises that were not kept. */
export function violationsOf({ judgements, stuck }: Outcome): string[] {
  const broken = judgements.filter((judgement) => VIOLATIONS.some((violation) => judgement[violation] > 0));
  return [...broken.map((j) => `${j.flow}: ${j.examples.join(', ')}`), ...stuck.map((what) => `Stuck: ${what}`)];
}

/** Whether the oracle saw any of these. */
export function shows({ judgements }: Outcome, violations: readonly Violation[]): boolean {
  return judgements.some((judgement) => violations.some((violation) => judgement[violation] > 0));
}

/** Why the run proves nothing, or shows something else that is wrong. */
export function objectionsTo({ dropped, inflicted, endedByThemselves, judgements }: Outcome): string[] {
  const pointed = inflicted.filter(({ point }) => point !== undefined);
  return [
    ...endedByThemselves.map((what) => `A process ended by itself: ${what}`),
    ...(judgements.some(({ sent }) => sent === 0) ? ['Nothing was sent on at least one way.'] : []),
    ...(dropped === 0
      ? ['No message came again after its effect, so nothing shows that it would have happened once.']
      : []),
    ...(pointed.length > 0 && !pointed.some(({ atItsMoment }) => atItsMoment)
      ? ['No worker came to any of the points at which it was to be hit: does the kernel still publish them?']
      : []),
  ];
}

export function describe(outcome: Outcome): string[] {
  const { dropped, inVain, seconds, postgres } = outcome;
  return [
    `PostgreSQL ${postgres}, ${Math.round(seconds)} s`,
    '',
    ...faults(outcome.inflicted),
    '',
    ...messages(outcome.judgements),
    '',
    `Redeliveries: ${dropped} messages came again after their effect and were dropped by an inbox;`,
    `              ${inVain} effects were rolled back and done again.`,
    `Handover:     ${handover(outcome.handovers)}`,
  ];
}

function faults(inflicted: readonly Inflicted[]): string[] {
  const kinds = Map.groupBy(inflicted, ({ kind, point }) => (point ? `${WORDS[kind]} at ${point}` : WORDS[kind]));
  const rows = [...kinds].sort().map(([kind, each]) => {
    const onTime = each.filter(({ atItsMoment }) => atItsMoment).length;
    return [kind, String(each.length), each[0]?.point ? String(onTime) : ''];
  });
  return table(['faults', 'times', 'at the very point'], [...rows, ['all', String(inflicted.length), '']]);
}

function messages(judgements: readonly Judgement[]): string[] {
  const rows = judgements.map((j) => [
    j.flow,
    ...[j.sent, j.arrived, ...VIOLATIONS.map((violation) => j[violation])].map(String),
  ]);
  return table(['messages', 'committed', 'arrived', 'lost', 'doubled', 'out of order', 'never committed'], rows);
}

function handover(all: readonly Handover[]): string {
  const times = all.filter(({ isDisturbed }) => !isDisturbed).map(({ took }) => took);
  if (times.length === 0) return 'no worker that was hit had anything to hand over';
  const seconds = (milliseconds = 0) => `${(milliseconds / 1_000).toFixed(1)} s`;
  const slow = times.filter((time) => time > WANTED_HANDOVER).length;
  const middle = seconds(times[Math.floor((times.length - 1) / 2)]);
  const word =
    slow === 0 ? `all within ${seconds(WANTED_HANDOVER)}` : `${slow} took longer than ${seconds(WANTED_HANDOVER)}`;
  const others = `with something else hit meanwhile, ${all.length - times.length} more, longest ${seconds(all.at(-1)?.took)}`;
  return `p50 ${middle}, longest ${seconds(times.at(-1))} of ${times.length}; ${word}; ${others}`;
}

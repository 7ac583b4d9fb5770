import type { Transaction } from '#kernel/persistence/unit-of-work';
import { count } from '../counts.js';
import type { Step } from './contract.js';

/** The columns of a table of effects. No constraint on purpose: a doubled effect must be seen, not refused. */
export const EFFECT = `(
  seq bigint generated always as identity,
  key text not null,
  n int not null,
  stroke uuid not null,
  worker text not null,
  at timestamptz not null default clock_timestamp()
)`;

/** Writes down as rows of business that messages were handled, and counts them in case the rows are rolled back. */
export function note(tx: Transaction, table: string, steps: readonly Step[]): void {
  count('handled', steps.length);
  tx.execute(
    `insert into ${table} (key, n, stroke, worker)
     select key, n, stroke, $4 from unnest($1::text[], $2::int[], $3::uuid[]) with ordinality s (key, n, stroke, position)
      order by position`,
    [steps.map(({ key }) => key), steps.map(({ n }) => n), steps.map(({ stroke }) => stroke), worker()],
  );
}

/** As handlers do now and then; the next try will probably do. */
export function failSometimes(probability: number): void {
  if (Math.random() < probability) throw new Error('bad luck, and better luck next time');
}

/** Which process writes, and in which of its lives: `2.5` is the fifth of worker 2. */
export const worker = (): string => process.env.TORTURE_WORKER ?? '';

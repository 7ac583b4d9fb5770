import { registerHooks } from 'node:module';
import type { Violation } from './oracle.js';
import type { Focus } from './plan.js';

interface Replacement {
  /** Below src/shared-kernel. */
  readonly file: string;
  /** As it stands in the compiled file. */
  readonly from: string;
  readonly to: string;
}

interface Broken {
  readonly mustShow: readonly Violation[];
  /** How workers are hit, so that it shows soon. */
  readonly focus: Focus;
  readonly replacements: readonly Replacement[];
}

/** What `--break` takes away from the kernel for as long as a process lives, and what the oracle has to see then. */
export const BREAKAGES = {
  /** The inbox remembers, but nothing is dropped. */
  dedupe: {
    mustShow: ['doubled'],
    focus: { hand: ['kill at'], points: ['seamline.receiver.committed', 'seamline.relay.acknowledged'] },
    replacements: [
      { file: 'messaging/inbox', from: 'if (noted.rows.length === messages.length) return', to: 'return' },
    ],
  },
  /** Whoever has lost its lease, its epoch or its claim goes on as if it had not. */
  fence: {
    mustShow: ['doubled', 'disordered'],
    focus: { hand: ['freeze at'], points: ['seamline.waiting.claimed'] },
    replacements: [
      { file: 'messaging/receiver', from: 'if (batch.epoch < epoch) throw', to: 'if (false) throw' },
      { file: 'messaging/receiver', from: 'if (batch.number <= number) throw', to: 'if (false) throw' },
      { file: 'messaging/receiver', from: 'if (batch.number > number + 1) throw', to: 'if (false) throw' },
      { file: 'messaging/cursor', from: 'and epoch = $9', to: 'and $9::bigint is not null' },
      {
        file: 'messaging/waiting-room',
        from: 'const ours = await unpark(tx, run);',
        to: 'await unpark(tx, run); const ours = run;',
      },
    ],
  },
  /** `id > last` instead of what became visible between two snapshots. */
  window: {
    mustShow: ['lost'],
    focus: { hand: ['kill', 'freeze'], points: [] },
    replacements: [
      { file: 'messaging/window', from: 'const late = running.length > 0;', to: 'const late = false;' },
      {
        file: 'messaging/window',
        from: 'where xid >= pg_snapshot_xmax($1::pg_snapshot)',
        to: 'where $1::pg_snapshot is not null',
      },
      { file: 'messaging/window', from: 'floor: nextFloor', to: 'floor: page.at(-1)?.id ?? floor' },
    ],
  },
} as const satisfies Record<string, Broken>;

export type Breakage = keyof typeof BREAKAGES;

const replacementsOf = (breakage: Breakage): readonly Replacement[] => BREAKAGES[breakage].replacements;

const made = new Set<Replacement>();

/** From now on the kernel's files are changed on their way into this process. */
export function breakKernel(breakage: Breakage): void {
  registerHooks({
    load(url, context, next) {
      const loaded = next(url, context);
      const replacements = replacementsOf(breakage).filter(({ file }) => url.endsWith(`/src/shared-kernel/${file}.ts`));
      return replacements.length === 0
        ? loaded
        : { ...loaded, source: replacements.reduce(replace, String(loaded.source)) };
    },
  });
}

/** @throws when a file that should have been changed was not there to be changed. */
export function mustHaveBroken(breakage: Breakage): void {
  const left = replacementsOf(breakage)
    .filter((replacement) => !made.has(replacement))
    .map(({ file }) => file);
  if (left.length > 0) throw new Error(`--break ${breakage} has found no ${left.join(', ')}: correct breakage.ts.`);
}

function replace(source: string, replacement: Replacement): string {
  const { file, from, to } = replacement;
  if (source.split(from).length !== 2) {
    throw new Error(`--break wants "${from}" to stand once in ${file}, but it does not: correct breakage.ts.`);
  }
  made.add(replacement);
  return source.replace(from, () => to);
}

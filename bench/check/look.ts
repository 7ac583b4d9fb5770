import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { pathToFileURL } from 'node:url';
import { projectRoot } from '../../apps/cli/project-root.js';
import type { Stage } from '../harness/child.js';
import { plantedIn, repositoryOf, sourcesIn, withMore } from './repository.js';
import type { CheckWork, Look } from './workload.js';

/** How a program is called for a repository. */
export interface Program {
  readonly args: (root: string) => readonly string[];
  /** Before each call, not measured. */
  prepare?(root: string): void;
}

interface Ended {
  readonly seconds: number;
  readonly peakMegabytes: number;
  readonly code: number | null;
  readonly output: string;
}

/** Measures one call of a program for a clean repository; then shows by one import too many that it has looked. */
export async function lookAt({ work, folder }: Stage<CheckWork>, program: Program): Promise<Look> {
  const root = await repositoryOf(work);
  const files = sourcesIn(root).length;
  program.prepare?.(root);
  const clean = await run(program, root, folder);
  if (clean.code !== 0) throw failureOf(clean);
  return asTested(clean, { program, root, folder, files, isTested: work.isTested });
}

/** In one line, as the report shows it. */
export function failureOf({ code, output }: Ended): Error {
  return new Error(
    `it ended with ${code}: ${output
      .trim()
      .replace(/\s*\n\s*/g, ' / ')
      .slice(-500)}`,
  );
}

interface Looked {
  readonly program: Program;
  readonly root: string;
  readonly folder: string;
  readonly files: number;
  readonly isTested: boolean;
}

/** What was measured; if the candidate is to be tested, after the same call again where something is wrong. */
export async function asTested(measured: Ended, { program, root, folder, files, isTested }: Looked): Promise<Look> {
  const look = { seconds: measured.seconds, peakMegabytes: measured.peakMegabytes, files };
  if (!isTested) return { ...look, checks: [] };
  const planted = plantedIn(root);
  const { code, output } = await withMore(root, planted, () => run(program, root, folder));
  const isFound = code !== 0 && Object.keys(planted).every((file) => output.includes(file));
  return { ...look, checks: [{ what: 'planted imports found', expected: 1, found: isFound ? 1 : 0 }] };
}

/** From the start of the process to its end, as whoever waits for it sees it. */
export async function run({ args }: Program, root: string, folder: string): Promise<Ended> {
  const peak = join(folder, 'peak');
  const hook = pathToFileURL(join(projectRoot, 'bench/check/peak-memory.js')).href;
  const started = performance.now();
  const child = spawn(process.execPath, ['--import', hook, ...args(root)], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, NODE_OPTIONS: '--max-old-space-size=8192', PEAK_MEMORY_FILE: peak },
  });
  const [[code], ...output] = await Promise.all([once(child, 'close'), text(child.stdout), text(child.stderr)]);
  const seconds = (performance.now() - started) / 1000;
  return { seconds, peakMegabytes: peakIn(peak), code, output: output.join('\n') };
}

function peakIn(file: string): number {
  const [folder, name] = [dirname(file), basename(file)];
  const peaks = readdirSync(folder).filter((entry) => entry.startsWith(`${name}.`));
  const megabytes = peaks.map((entry) => Number(readFileSync(join(folder, entry), 'utf8')));
  for (const entry of peaks) rmSync(join(folder, entry));
  return Math.max(...megabytes);
}

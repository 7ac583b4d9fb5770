import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeBaseline } from '../../baseline/baseline-file.js';
import type { Violation, WallOptions } from '../../wall.js';
import { LIVE_RULES } from '../rules.js';

/** Longer than any scratch database takes. In milliseconds. */
const PATIENCE = 120_000;

/**
 * What the check of another repository finds in a database of its own: this process cannot load that one's modules, so it
 * has no migrations to make a database with. Where that one has no such command, it is told that nobody looked.
 */
export async function askItsOwnCheck(root: string, { say, signal }: WallOptions): Promise<Violation[]> {
  const leftOut = (reason: string): Violation[] => {
    say(`The database itself was left out, only the sources were read: ${reason}. Give --database to look at one.`);
    return [];
  };
  const command = join(root, 'bin', 'seamline.js');
  if (!existsSync(command)) return leftOut(`${root} has no bin/seamline.js that could make one`);
  if (!existsSync(join(root, 'node_modules'))) return leftOut(`the packages of ${root} are not installed`);
  const folder = await mkdtemp(join(tmpdir(), 'seamline-ask-'));
  try {
    // What that one's baseline knows is held against it here, and not there.
    const nothing = join(folder, 'baseline.json');
    await writeBaseline(nothing, []);
    const said = await run(
      [command, 'check', '--only', 'database', '--format', 'json', '--baseline', nothing],
      root,
      signal,
    );
    return (
      violationsIn(said.out) ??
      leftOut(`its own check said ${JSON.stringify((said.err || said.out).trim().slice(0, 300))}`)
    );
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** What a program says, until it ends or has taken too long. */
async function run(
  args: readonly string[],
  cwd: string,
  signal: AbortSignal | undefined,
): Promise<{ out: string; err: string }> {
  const limit = AbortSignal.timeout(PATIENCE);
  const child = spawn(process.execPath, args, {
    cwd,
    stdio: ['ignore', 'pipe', 'pipe'],
    signal: signal ? AbortSignal.any([signal, limit]) : limit,
  });
  const output = { out: '', err: '' };
  child.stdout.on('data', (chunk) => (output.out += chunk));
  child.stderr.on('data', (chunk) => (output.err += chunk));
  // Its end is told by "close" as well; without a listener an abort would end this process.
  child.on('error', (error) => (output.err += error.message));
  await once(child, 'close');
  return output;
}

/** Of the catalog only: the sources have been read already. */
function violationsIn(json: string): Violation[] | undefined {
  try {
    const { violations, walls } = JSON.parse(json) as { violations: Violation[]; walls: { trouble?: string | null }[] };
    if (walls.some(({ trouble }) => typeof trouble === 'string')) return undefined;
    const live: readonly string[] = LIVE_RULES;
    return violations.flatMap(({ rule, file, line, what, subject }) =>
      live.includes(rule) ? [{ rule, file, line: line ?? undefined, what, subject }] : [],
    );
  } catch {
    return undefined;
  }
}

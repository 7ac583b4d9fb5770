import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { projectRoot } from '../project-root.js';
import { UserError } from '../user-error.js';
import type { CheckOptions, Finding } from './finding.js';

const TSC = 'node_modules/typescript/bin/tsc';
const BIOME = 'node_modules/@biomejs/biome/bin/biome';

/** The compiler's notes are kept, so that the next check looks only at what has changed. */
const INCREMENTAL = ['--incremental', '--tsBuildInfoFile', '.cache/check.tsbuildinfo'];

export async function checkTypes({ inColour }: CheckOptions): Promise<Finding> {
  const { code, output } = await runTool(TSC, ['--noEmit', ...INCREMENTAL, ...(inColour ? ['--pretty'] : [])]);
  return { report: output, problems: problemsOf(code, output.match(/\berror\b.*\bTS\d+/g)?.length) };
}

export async function checkFormat({ fix, inColour }: CheckOptions): Promise<Finding> {
  const { code, output } = await runTool(BIOME, [
    'check',
    '--error-on-warnings',
    '--max-diagnostics=none',
    `--colors=${inColour ? 'force' : 'off'}`,
    ...(fix ? ['--write'] : []),
  ]);
  return { report: output, problems: problemsOf(code, found(output)) };
}

function found(output: string): number {
  return [...output.matchAll(/Found (\d+) (?:error|warning)/g)].reduce((sum, [, count]) => sum + Number(count), 0);
}

const problemsOf = (code: number | null, counted = 0): number => (code === 0 ? 0 : Math.max(1, counted));

/** Runs a program of the project's packages under this Node, in the project's folder. */
async function runTool(program: string, args: string[]): Promise<{ code: number | null; output: string }> {
  if (!existsSync(join(projectRoot, program)))
    throw new UserError(
      `${program} is not installed.`,
      'Run "npm ci", without leaving out the packages for development.',
    );
  const child = spawn(process.execPath, [program, ...args], { cwd: projectRoot, stdio: ['ignore', 'pipe', 'pipe'] });
  const exit = new Promise<number | null>((resolve, reject) => child.on('close', resolve).on('error', reject));
  const [code, ...output] = await Promise.all([exit, text(child.stdout), text(child.stderr)]);
  return { code, output: output.join('') };
}

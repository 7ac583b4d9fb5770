import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { projectRoot } from '../project-root.js';
import { UserError } from '../user-error.js';
import { differences } from './differences.js';
import { FORMAT_NAMES, type FormatName, formatOf } from './format-name.js';
import { FORMATS } from './formats.js';
import { readFindings } from './read-findings.js';
import { readSystem } from './read-system.js';
import { withFindings } from './system.js';

/** As the command line gives it. */
export interface DrawOptions {
  readonly root?: string | undefined;
  readonly format?: FormatName | undefined;
  /** Where to write; printed where there is none. */
  readonly output?: string | undefined;
  readonly topology?: string | undefined;
  /** Whether to look for what breaks a wall. */
  readonly violations: boolean;
  readonly check: boolean;
}

/** Where a drawing goes, and what is said beside it. */
export interface Outlet {
  readonly print: (text: string) => void;
  readonly say: (line: string) => void;
}

/**
 * Draws the system below a root as it is asked for, or tells whether a drawing is as it would be now.
 * @throws UserError when there is nothing to draw, when it cannot be written, or when the one to check is stale
 */
export async function draw(options: DrawOptions, { print, say }: Outlet): Promise<void> {
  const { output, check } = options;
  const format = options.format ?? (output === undefined ? 'markdown' : formatOf(output));
  if (format === undefined)
    throw new UserError(
      `"${output}" does not say by its name which format it is.`,
      `Add --format, one of ${FORMAT_NAMES.join(', ')}.`,
    );
  if (check && output === undefined)
    throw new UserError(
      'There is nothing to check.',
      'Say by --output which file to compare with what would be drawn now.',
    );
  const drawing = await drawingOf(format, options, say);
  if (output === undefined) print(drawing);
  else if (!check) await write(resolve(output), drawing, say);
  else if (differences(await readFile(resolve(output), 'utf8').catch(() => ''), drawing).length > 0)
    throw new UserError(`${output} is not as it would be drawn now.`, 'Run the same without --check.');
}

async function drawingOf(format: FormatName, { root, topology, violations }: DrawOptions, say: Outlet['say']) {
  const place = resolve(root ?? projectRoot);
  const system = await readSystem(place, { topology: topology === undefined ? undefined : resolve(topology), say });
  return FORMATS[format](violations ? withFindings(system, await readFindings(place, say)) : system);
}

async function write(file: string, text: string, say: Outlet['say']): Promise<void> {
  try {
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, text);
  } catch (error) {
    throw new UserError(`${file} cannot be written: ${(error as Error).message}.`, 'Give --output another place.');
  }
  say(`Wrote ${file}.`);
}

import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { release } from '../contract/release.js';
import { UserError } from '../user-error.js';
import { formatted } from './format.js';
import { untilInterrupted } from './interruption.js';
import type { Plan } from './plan.js';
import { canRefresh, refresh, WRITTEN_FROM_SOURCES } from './refresh.js';
import { snapshot, type Written } from './snapshot.js';
import { whyHidden, whyUnsound } from './source/sound.js';

/**
 * Writes what is planned, formatted, and what follows from it: released contracts, generated pages. All of it or nothing,
 * also when it is interrupted. Answers which files that were.
 * @throws UserError for a plan that would not compile, or that the repository has overtaken
 */
export function carryOut(root: string, plan: Plan): Promise<Written> {
  return untilInterrupted(async (signal) => {
    mustBeSound(plan);
    const final = await formatted(root, textsOf(plan), signal);
    signal.throwIfAborted();
    const elsewhere = plan.changed.map(({ path }) => path).filter((path) => !MODULE.test(path));
    const before = snapshot(root, [...foldersOf(plan), WRITTEN_FROM_SOURCES, ...elsewhere]);
    try {
      mustFit(root, plan);
      for (const [path, text] of Object.entries(final)) write(join(root, path), text);
      if (plan.messages.length > 0) await release(root, { names: plan.messages });
      signal.throwIfAborted();
      if (canRefresh(root)) await refresh(root, signal);
      signal.throwIfAborted();
      return before.differences();
    } catch (error) {
      before.undo();
      throw error;
    }
  });
}

function textsOf({ created, changed }: Plan): Record<string, string> {
  return { ...created, ...Object.fromEntries(changed.map(({ path, after }) => [path, after])) };
}

const MODULE = /^src\/modules\/[^/]+/;

/** The modules that are concerned, as folders. */
function foldersOf(plan: Plan): string[] {
  return [...new Set(Object.keys(textsOf(plan)).flatMap((path) => MODULE.exec(path) ?? []))];
}

function mustBeSound(plan: Plan): void {
  for (const [path, text] of Object.entries(textsOf(plan)).filter(([each]) => each.endsWith('.ts'))) {
    const reason = whyUnsound(text) ?? (path in plan.created ? whyHidden(text) : undefined);
    if (reason !== undefined)
      throw new UserError(`${path} would not compile: ${reason}.`, 'Nothing was written. Choose another name.');
  }
}

/** Nothing is overwritten, and nothing that somebody has edited meanwhile. */
function mustFit(root: string, { created, changed }: Plan): void {
  const there = Object.keys(created).find((path) => existsSync(join(root, path)));
  const other = changed.find(({ path, before }) => readFileSync(join(root, path), 'utf8') !== before)?.path;
  const path = there ?? other;
  if (path !== undefined)
    throw new UserError(
      `${path} ${there ? 'is there already' : 'has changed meanwhile'}.`,
      'Nothing was written. Do it again.',
    );
}

function write(file: string, text: string): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
}

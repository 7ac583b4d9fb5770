import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { UserError } from '../../user-error.js';

const run = promisify(execFile);
const HUGE = 256 * 1024 * 1024;

/**
 * The paths below `root` that differ from where this branch left `base`: committed since, changed here, not yet added,
 * and gone.
 * @throws UserError when there is no such revision, no common past, or no git
 */
export async function changedSince(root: string, base: string): Promise<string[]> {
  await git(root, ['rev-parse', '--is-inside-work-tree']).catch((error: unknown) => {
    throw isMissing(error)
      ? new UserError('git is not installed.', 'Install it; --affected asks it what has changed.', 2)
      : new UserError(`${root} is in no git repository.`, 'Give the folder of one by --root.', 2);
  });
  const revision = await git(root, ['rev-parse', '--verify', '--quiet', '--end-of-options', `${base}^{commit}`]).catch(
    () => {
      throw new UserError(
        `There is no revision "${base}" here.`,
        'Name a branch, a tag or a commit; in CI it may have to be fetched first, as by "git fetch origin main".',
        2,
      );
    },
  );
  const fork = await git(root, ['merge-base', revision.trim(), 'HEAD']).catch(() => {
    throw new UserError(
      `Nothing here says where this branch left "${base}".`,
      'Fetch the whole past, as by "git fetch --unshallow", or by fetch-depth: 0 in CI.',
      2,
    );
  });
  // A file that was moved counts as gone from one place and new in the other.
  const changed = await git(root, ['diff', '--name-only', '--no-renames', '--relative', '-z', fork.trim(), '--', '.']);
  const added = await git(root, ['ls-files', '--others', '--exclude-standard', '-z', '--', '.']);
  return [...new Set([...changed.split('\0'), ...added.split('\0')])].filter((path) => path !== '').sort();
}

async function git(cwd: string, args: readonly string[]): Promise<string> {
  const { stdout } = await run('git', args, { cwd, maxBuffer: HUGE });
  return stdout;
}

const isMissing = (error: unknown): boolean => error instanceof Error && 'code' in error && error.code === 'ENOENT';

// A lock between processes for the work that several `seamline` or `npm` calls may begin at the same moment:
// installing and compiling. Plain JavaScript, because it runs before anything is installed (Node 18 and later).
import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

const POLL_MS = 50;

/**
 * Runs `work` while no other process holds `lockFile`; `onWait` is called once, with the holder's pid, if it has to wait.
 * A lock left by a dead process is taken over.
 */
export async function exclusively(lockFile, work, onWait = () => {}) {
  mkdirSync(dirname(lockFile), { recursive: true });
  let told = false;
  for (;;) {
    const holder = tryToTake(lockFile);
    if (holder === null) break;
    if (!told) onWait(holder);
    told = true;
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
  const release = () => rmSync(lockFile, { force: true });
  process.once('exit', release);
  try {
    return await work();
  } finally {
    process.off('exit', release);
    release();
  }
}

/** Null when the lock is now ours, otherwise the pid of its holder. */
function tryToTake(lockFile) {
  const candidate = `${lockFile}.${process.pid}`;
  writeFileSync(candidate, String(process.pid));
  try {
    // link() creates the lock with its content in one step, so that nobody ever reads a lock without a holder.
    linkSync(candidate, lockFile);
    return null;
  } catch (error) {
    if (error.code !== 'EEXIST') throw error;
    return takeOverFromTheDead(lockFile);
  } finally {
    rmSync(candidate, { force: true });
  }
}

function takeOverFromTheDead(lockFile) {
  const holder = Number(read(lockFile));
  if (isAlive(holder)) return holder;
  // Moving the dead lock aside first lets only one of several waiting processes remove it.
  const aside = `${lockFile}.dead.${process.pid}`;
  try {
    renameSync(lockFile, aside);
  } catch {
    return holder;
  }
  const moved = Number(read(aside));
  if (isAlive(moved)) putBack(aside, lockFile);
  rmSync(aside, { force: true });
  return moved;
}

/** Between the reading and the moving, somebody else had taken the lock over: it is theirs. */
function putBack(aside, lockFile) {
  try {
    linkSync(aside, lockFile);
  } catch {
    // A third process was quicker still; the work below the lock is repeatable, so two at once cost time, not truth.
  }
}

function read(file) {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

function isAlive(pid) {
  if (!Number.isInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}

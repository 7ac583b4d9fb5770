import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { projectRoot } from '../../project-root.js';
import { PART_OF, type Word } from '../parent.js';
import type { MergedOutput } from './merged-output.js';

const FIRST_WAIT = 250;
const LONGEST_WAIT = 30_000;
/** Who has run for so long has got over what ended it before. In milliseconds. */
const STEADY_AFTER = 60_000;

/** An app said, before it ever ran, why it cannot. */
export class CannotStart extends Error {}

/**
 * One app as a process of its own, which is started again when it dies.
 *
 *   starting ──ready──▶ running ──ended──▶ waiting ──backoff──▶ starting
 *      ├─ ended without a word ──▶ waiting
 *      └─ said why it cannot, and never was ready ──▶ `started` rejects: it would not do better a second time
 *
 * It leads a process group of its own, so that a Ctrl-C reaches it by us alone, and ends by itself when we are gone: the
 * channel between us closes.
 */
export class AppProcess {
  private child: ChildProcess | undefined;
  private ended: Promise<void> = Promise.resolve();
  private readonly stopping = new AbortController();
  private readonly first = Promise.withResolvers<string>();
  private wasReady = false;
  private failures = 0;

  constructor(
    readonly label: string,
    private readonly env: NodeJS.ProcessEnv,
    private readonly output: MergedOutput,
    private readonly complaints: MergedOutput,
  ) {
    // Whoever waits for it hears of it; nobody does when others have failed before.
    this.first.promise.catch(() => undefined);
  }

  /** Where it serves, once it is ready for the first time. @throws CannotStart */
  get started(): Promise<string> {
    return this.first.promise;
  }

  start(): void {
    if (this.stopping.signal.aborted) return;
    const child = spawn(process.execPath, [join(projectRoot, 'bin', 'seamline.js'), 'start'], {
      env: { ...this.env, [PART_OF]: String(process.pid) },
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      detached: true,
    });
    this.child = child;
    if (child.stdout) this.output.take(this.label, child.stdout);
    if (child.stderr) this.complaints.take(this.label, child.stderr);
    const since = performance.now();
    let failed: string | undefined;
    child.on('message', (word: Word) => {
      if ('ready' in word) this.ready(word.ready);
      else failed = word.failed;
    });
    this.ended = new Promise((ended) => {
      const over = (how: string) => {
        ended();
        if (!this.stopping.signal.aborted) this.over(failed, how, performance.now() - since);
      };
      // Either it could not be started at all, or it has run.
      child.once('error', (error) => child.pid === undefined && over(error.message));
      child.once('exit', (code, signal) => over(signal ?? `exit code ${code}`));
    });
  }

  /** Asks it to end; resolves when it has. What has not within so many milliseconds is killed. */
  async stop(withinMs: number): Promise<void> {
    this.stopping.abort();
    this.child?.kill('SIGTERM');
    await Promise.race([this.ended, sleep(withinMs, undefined, { ref: false })]);
    this.kill();
    await this.ended;
  }

  kill(): void {
    this.stopping.abort();
    if (this.child?.exitCode === null && this.child.signalCode === null) this.child.kill('SIGKILL');
  }

  private ready(url: string): void {
    this.first.resolve(url);
    if (this.wasReady) this.output.tell(this.label, `It is ready again on ${url}.`);
    this.wasReady = true;
  }

  private over(failed: string | undefined, how: string, afterMs: number): void {
    if (failed !== undefined && !this.wasReady) {
      this.first.reject(new CannotStart(failed));
      return;
    }
    if (afterMs > STEADY_AFTER) this.failures = 0;
    const wait = Math.min(LONGEST_WAIT, FIRST_WAIT * 2 ** this.failures++);
    const why = failed === undefined ? '' : ` It said: ${failed}`;
    this.complaints.tell(this.label, `It has ended (${how}); starting it again in ${wait / 1000} s.${why}`);
    sleep(wait, undefined, { signal: this.stopping.signal }).then(
      () => this.start(),
      () => undefined,
    );
  }
}

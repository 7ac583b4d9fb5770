import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Breakage } from './breakage.js';
import type { Moment } from './plan.js';
import type { Order, WorkerOptions, WorkerWord } from './worker.js';

/** A start that meets a database that is away is tried again for so long. In milliseconds. */
const STARTS_WITHIN = 90_000;
/** A point that a worker does not come to within this is not waited for: it is hit where it is. In milliseconds. */
const COMES_TO_POINT_WITHIN = 8_000;
/** The longest transaction of the load, and some more. In milliseconds. */
const RESTS_WITHIN = 60_000;
const ENDS_WITHIN = 30_000;

/** When a worker was hit, in which life, and whether at the moment that the plan had named. */
export interface Hit {
  readonly life: string;
  readonly at: number;
  readonly atItsMoment: boolean;
}

/** One worker through all its lives: `2.5` is the fifth of worker 2. */
export class WorkerProcess {
  private lives = 0;
  private child: ChildProcess | undefined;
  private ready: Promise<void> = Promise.resolve();
  /** Its end is our doing. */
  private condemned = false;

  constructor(
    private readonly number: number,
    private readonly options: WorkerOptions,
    private readonly breakage: Breakage | undefined,
    /** Told when it ends although nobody made it end; it has been started again. */
    private readonly endedByItself: (life: string, how: string) => void,
  ) {}

  get life(): string {
    return `${this.number}.${this.lives}`;
  }

  start(): Promise<void> {
    this.ready = this.begin();
    return this.ready;
  }

  /** Ends it without ceremony, at the moment if one is given and comes. */
  async kill(moment?: Moment): Promise<Hit> {
    const child = await this.running();
    const atItsMoment = await this.comesTo(child, moment);
    this.destroy();
    if (!hasEnded(child)) await once(child, 'exit');
    return { life: this.life, at: Date.now(), atItsMoment };
  }

  /** Stops it as a machine that swaps or a debugger does, and lets it go on as if nothing had been. */
  async freeze(frozenFor: number, moment?: Moment): Promise<Hit> {
    const child = await this.running();
    const atItsMoment = await this.comesTo(child, moment);
    child.kill('SIGSTOP');
    const at = Date.now();
    await pause(frozenFor);
    child.kill('SIGCONT');
    return { life: this.life, at, atItsMoment };
  }

  /** Ends its load; what it has published goes on. */
  async rest(): Promise<void> {
    const child = await this.running();
    this.order(child, { kind: 'rest' });
    if (!(await comes(heard(child, 'resting'), RESTS_WITHIN)))
      throw new Error(`The load of worker ${this.life} did not end within ${RESTS_WITHIN} ms.`);
  }

  /** Lets it close as an app does. */
  async end(): Promise<void> {
    const child = await this.running();
    this.condemned = true;
    child.kill('SIGTERM');
    if (!(await comes(once(child, 'exit'), ENDS_WITHIN)))
      throw new Error(`Worker ${this.life} did not close within ${ENDS_WITHIN} ms.`);
  }

  destroy(): void {
    this.condemned = true;
    this.child?.kill('SIGKILL');
  }

  private async begin(): Promise<void> {
    this.condemned = false;
    for (const end = Date.now() + STARTS_WITHIN; Date.now() < end; await pause(300)) {
      const child = this.spawn();
      const started = heard(child, 'ready').then(() => true);
      if (await Promise.race([started, once(child, 'exit').then(() => false)])) return this.watch(child);
      if (this.condemned) return;
      // Nothing has been done to it or to the database yet.
      if (this.lives === 1) break;
    }
    throw new Error(`Worker ${this.life} does not start: ${this.lastWords()}`);
  }

  private spawn(): ChildProcess {
    this.lives++;
    const log = openSync(this.logFile, 'a');
    const child = fork(fileURLToPath(new URL('worker.ts', import.meta.url)), {
      env: {
        ...process.env,
        TORTURE_WORKER: this.life,
        TORTURE_OPTIONS: JSON.stringify(this.options),
        TORTURE_BREAK: this.breakage ?? '',
      },
      stdio: ['ignore', log, log, 'ipc'],
    });
    closeSync(log);
    this.child = child;
    return child;
  }

  private lastWords(): string {
    return readFileSync(this.logFile, 'utf8').trim().split('\n').slice(-12).join('\n');
  }

  private get logFile(): string {
    return join(this.options.folder, `${this.life}.log`);
  }

  private watch(child: ChildProcess): void {
    child.once('exit', (code, signal) => {
      if (this.condemned) return;
      this.endedByItself(this.life, signal ?? `exit code ${code}`);
      this.start().catch(() => undefined);
    });
  }

  private async running(): Promise<ChildProcess> {
    await this.ready;
    if (!this.child) throw new Error(`Worker ${this.number} was never started.`);
    return this.child;
  }

  /** Whether it halted at the moment; true as well when there is none to wait for. */
  private async comesTo(child: ChildProcess, moment: Moment | undefined): Promise<boolean> {
    if (!moment) return true;
    this.order(child, { kind: 'halt at', moment });
    return comes(heard(child, 'halted'), COMES_TO_POINT_WITHIN);
  }

  private order(child: ChildProcess, order: Order): void {
    // It may end at any moment; whoever waits for an answer notices.
    child.send(order, () => undefined);
  }
}

function heard(child: ChildProcess, word: WorkerWord): Promise<void> {
  return new Promise((resolve) => {
    const listen = (said: unknown) => {
      if (said !== word) return;
      child.off('message', listen);
      resolve();
    };
    child.on('message', listen);
  });
}

async function comes(event: Promise<unknown>, within: number): Promise<boolean> {
  return Promise.race([event.then(() => true), pause(within, false, { ref: false })]);
}

const hasEnded = (child: ChildProcess) => child.exitCode !== null || child.signalCode !== null;

import { type Cancellation, Cancelling } from '../resilience/cancellation.js';
import { type Dated, Deadlines } from './deadlines.js';
import { NoAnswer } from './no-answer.js';

/** A question as its answerer sees it, beside the request. */
export interface Asked {
  /** The module that asks. */
  readonly module: string;
  /** When nobody waits for the answer any more. */
  readonly deadline: Date;
  /** Aborted at the deadline, and when the asker wants no answer any more. To be passed on to whatever takes its time. */
  readonly signal: AbortSignal;
}

const deadlines = new Deadlines();

/** One question under way. */
export class Call implements Asked, Dated {
  /** When it is over, by `performance.now()`. */
  readonly ends: number;
  /** The same as {@link signal}, for whoever is asked in here. */
  readonly cancellation = new Cancelling();
  before: Dated | undefined;
  after: Dated | undefined;
  private controller: AbortController | undefined;
  private cancel: (() => void) | undefined;
  private reject: ((why: NoAnswer) => void) | undefined;

  constructor(
    readonly query: string,
    readonly module: string,
    /** How long it may take from now on. */
    readonly milliseconds: number,
    /** The asker's own, or what stands for it at this end of the wire. */
    private readonly asker?: Cancellation,
  ) {
    this.ends = performance.now() + milliseconds;
  }

  /** In milliseconds. */
  get left(): number {
    return this.ends - performance.now();
  }

  get deadline(): Date {
    return new Date(Date.now() + this.left);
  }

  /** Made when it is first asked for: most answers come without, and it costs more than all the rest of a call. */
  get signal(): AbortSignal {
    if (!this.controller) {
      this.controller = new AbortController();
      if (this.cancellation.aborted) this.controller.abort(this.cancellation.reason);
      else if (this.asker && !this.cancel) this.heed(this.asker);
    }
    return this.controller.signal;
  }

  /** Whether nobody waits for its answer any more, which has not come. */
  get isGivenUp(): boolean {
    return this.cancellation.aborted || this.asker?.aborted === true;
  }

  /** @throws NoAnswer when nobody would wait for it. */
  mustBeWorthwhile(): void {
    if (this.asker?.aborted) throw this.cancelled(this.asker);
    if (this.milliseconds <= 0)
      throw new NoAnswer('deadline', `${this.query} was not asked: those who wait for ${this.module} wait no longer.`);
  }

  /** @throws NoAnswer when nobody waits for it any more. */
  mustBeWanted(): void {
    if (this.cancellation.aborted) throw this.cancellation.reason;
  }

  /**
   * What `work` comes to, unless the deadline comes first, whether `work` heeds its signal or not. What is no promise is
   * there at once, and no deadline can come before it.
   * @throws NoAnswer for the deadline; whatever `work` throws
   */
  answered<Result>(work: () => Result | Promise<Result>): Promise<Result> {
    try {
      const result = work();
      if (result instanceof Promise) return this.inTime(result);
      this.over();
      return Promise.resolve(result);
    } catch (error) {
      this.over();
      return Promise.reject(error);
    }
  }

  /** The same, unless the asker's own signal comes first. @throws NoAnswer for that, too. */
  answeredOrCancelled<Result>(work: () => Result | Promise<Result>): Promise<Result> {
    if (this.asker) this.heed(this.asker);
    return this.answered(work);
  }

  late(): void {
    this.giveUp(new NoAnswer('deadline', `${this.query} was not answered within ${Math.ceil(this.milliseconds)} ms.`));
  }

  private inTime<Result>(result: Promise<Result>): Promise<Result> {
    return new Promise((resolve, reject) => {
      this.reject = reject;
      result.then(
        (value) => {
          this.over();
          resolve(value);
        },
        (error) => {
          this.over();
          reject(error);
        },
      );
      // Work that cancels its own asker has done so by now.
      if (this.cancellation.aborted) reject(this.cancellation.reason);
      else deadlines.add(this);
    });
  }

  private heed(asker: Cancellation): void {
    this.cancel = () => this.giveUp(this.cancelled(asker));
    if (asker.aborted) this.cancel();
    else asker.addEventListener('abort', this.cancel, { once: true });
  }

  private giveUp(why: NoAnswer): void {
    this.over();
    this.cancellation.abort(why);
    this.controller?.abort(why);
    this.reject?.(why);
  }

  private over(): void {
    deadlines.delete(this);
    if (this.cancel) this.asker?.removeEventListener('abort', this.cancel);
  }

  private cancelled(asker: Cancellation): NoAnswer {
    return new NoAnswer('cancelled', `${this.module} no longer wants to know ${this.query}.`, { cause: asker.reason });
  }
}

import { setTimeout as sleep } from 'node:timers/promises';
import { Logger } from '@nestjs/common';
import type { Envelope } from '../contract/envelope.js';
import { asError, DatabaseAway } from '../persistence/failures.js';
import { ModuleFenced } from '../persistence/fence.js';
import type { Transaction, UnitOfWork } from '../persistence/unit-of-work.js';
import { runInContext } from '../telemetry/context.js';
import { removeDelayed, takeDelayed } from './delayed.js';
import { contextOf, type Dispatch, Unacceptable } from './dispatch.js';
import { failAgain, lockNextParked, park, reasonOf, unpark } from './parked.js';

/** How often rows are looked at whose time may have come. In milliseconds. */
const POLL = 500;

/**
 * Brings back the messages that wait in a module's schema: parked ones when their backoff is over, delayed ones when
 * their time has come. Each is handled in a transaction of its own which also takes the row away, so it happens once;
 * after a failure the row stays, with a longer wait, until it becomes a dead letter.
 */
export class WaitingRoom {
  private readonly log: Logger;
  private readonly stopping = new AbortController();
  private rouse: (() => void) | undefined;
  private running: Promise<void> = Promise.resolve();

  constructor(
    private readonly module: string,
    private readonly unitOfWork: UnitOfWork,
    private readonly dispatch: Dispatch,
  ) {
    this.log = new Logger(`${module}.waiting-room`);
  }

  start(): void {
    this.running = this.run();
  }

  wake(): void {
    this.rouse?.();
  }

  /** Finishes the message under way. */
  async stop(): Promise<void> {
    this.stopping.abort();
    await this.running;
  }

  private async run(): Promise<void> {
    while (!this.stopping.signal.aborted) {
      try {
        if (await this.takeOne()) continue;
      } catch (error) {
        this.log.warn(`Waiting messages could not be looked at: ${(error as Error).message}`);
      }
      await this.pause();
    }
  }

  private async takeOne(): Promise<boolean> {
    const [due] = await this.unitOfWork.query<{ parked: boolean; delayed: boolean }>(
      `select exists (select 1 from parked where due_at <= now()) as parked,
              exists (select 1 from delayed where due_at <= now()) as delayed`,
    );
    const parked = due?.parked === true && (await this.attempt((tx) => this.retryParked(tx)));
    const delayed = due?.delayed === true && (await this.attempt((tx) => this.bringDelayed(tx)));
    return parked || delayed;
  }

  /** Runs one message's transaction; a handler's failure is written down in a second one. */
  private async attempt(take: (tx: Transaction) => Promise<Taken | undefined>): Promise<boolean> {
    let taken: Taken | undefined;
    try {
      return await this.unitOfWork.transaction(async (tx) => {
        taken = await take(tx);
        if (taken) await this.dispatch.handle(taken.envelope, tx);
        return taken !== undefined;
      });
    } catch (thrown) {
      const error = asError(thrown);
      const failed = taken as Taken | undefined;
      if (!failed || error instanceof DatabaseAway || error instanceof ModuleFenced) throw error;
      await runInContext(contextOf(this.module, failed.envelope), () =>
        this.unitOfWork.transaction((tx) => failed.failedAgain(tx, error)),
      );
      return true;
    }
  }

  private async retryParked(tx: Transaction): Promise<Taken | undefined> {
    const parked = await lockNextParked(tx);
    if (!parked) return undefined;
    await unpark(tx, parked);
    return {
      envelope: parked.envelope,
      failedAgain: async (again, error) => {
        if (!(await failAgain(again, parked, error, error instanceof Unacceptable))) return;
        this.log.error(`${parked.envelope.type} ${parked.envelope.id} is a dead letter: ${reasonOf(error)}`);
      },
    };
  }

  private async bringDelayed(tx: Transaction): Promise<Taken | undefined> {
    const due = await takeDelayed(tx);
    if (!due) return undefined;
    return {
      envelope: due.envelope,
      failedAgain: async (again, error) => {
        if (await removeDelayed(again, due)) await park(again, due.subscriber, due.envelope, error);
      },
    };
  }

  private async pause(): Promise<void> {
    const woken = new Promise<void>((resolve) => {
      this.rouse = resolve;
    });
    await Promise.race([woken, sleep(POLL, undefined, { signal: this.stopping.signal }).catch(() => undefined)]);
    this.rouse = undefined;
  }
}

interface Taken {
  readonly envelope: Envelope;
  /** Writes the failure down, in a transaction after the one that was rolled back. */
  failedAgain(tx: Transaction, error: Error): Promise<void>;
}

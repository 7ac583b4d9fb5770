import { setTimeout as sleep } from 'node:timers/promises';
import { LockMode } from '@mikro-orm/core';
import { type BeforeApplicationShutdown, Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { UnitOfWork } from '#kernel/persistence/unit-of-work';
import { withDeadline } from '#kernel/resilience/deadline';
import { runInContext, type TelemetryContext } from '#kernel/telemetry/context';
import { type Instruction, Payment } from '../domain/payment.js';
import { PaymentProvider, type ProviderAnswer } from '../domain/payment-provider.js';
import { NoteProviderAnswer } from '../use-cases/note-provider-answer.js';

/** How long the provider may take to answer. In milliseconds. */
const DEADLINE = 500;
/** Nobody else asks about a payment for so long; after a crash it is asked again. Well above DEADLINE. In milliseconds. */
const CLAIM = 10_000;
/** Payments that the provider is asked about at once. Waiting for it holds nothing but memory. */
const MOST_AT_ONCE = 64;
/** The pause between two looks, which doubles while nothing is found. In milliseconds. */
const SHORTEST_PAUSE = 4;
const LONGEST_PAUSE = 500;

interface Question {
  readonly payment: Payment;
  readonly instruction: Instruction;
}

/**
 * Asks the provider what payments wait for, outside of any transaction: while another company thinks, no connection, no
 * row and no other payment has to wait.
 *
 *   claim what is due (short transaction) ─▶ ask, many at once, each with its deadline ─▶ note the answer (another one)
 *
 * A crash in between leaves a claim that runs out; then the same is asked under the same key and answered the same.
 * Lock order: a claim skips rows that are locked, noting an answer locks a single one; so neither can deadlock.
 */
@Injectable()
export class ProviderDesk implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly log = new Logger('billing.provider-desk');
  private readonly stopping = new AbortController();
  private readonly asking = new Set<Promise<void>>();
  private pause = SHORTEST_PAUSE;
  private rouse: (() => void) | undefined;
  private running: Promise<void> = Promise.resolve();

  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly commands: CommandBus,
    private readonly provider: PaymentProvider,
  ) {}

  onApplicationBootstrap(): void {
    this.running = this.run();
  }

  /** Waits for the answers under way. */
  async beforeApplicationShutdown(): Promise<void> {
    this.stopping.abort();
    this.wake();
    await this.running;
    await Promise.all(this.asking);
  }

  /** There is something to ask, or will be when the caller's transaction has committed, any moment now. */
  wake(): void {
    this.pause = SHORTEST_PAUSE;
    this.rouse?.();
  }

  private async run(): Promise<void> {
    while (!this.stopping.signal.aborted) {
      try {
        if (await this.askDue()) this.pause = SHORTEST_PAUSE;
        else await this.rest();
      } catch (error) {
        this.log.warn(`The provider could not be asked: ${(error as Error).message}`);
        this.pause = LONGEST_PAUSE;
        await this.rest();
      }
    }
  }

  private async askDue(): Promise<boolean> {
    if (this.asking.size >= MOST_AT_ONCE) await Promise.race(this.asking);
    const due = await this.unitOfWork.query('select 1 from payment where ask_at <= $1 limit 1', [new Date()]);
    if (due.length === 0) return false;
    const questions = await this.claim(MOST_AT_ONCE - this.asking.size);
    for (const question of questions) {
      const asked = this.ask(question).finally(() => this.asking.delete(asked));
      this.asking.add(asked);
    }
    return questions.length > 0;
  }

  private claim(most: number): Promise<Question[]> {
    return this.unitOfWork.transaction(async (tx) => {
      const now = Date.now();
      const due = await tx.em.find(
        Payment,
        { askAt: { $lte: new Date(now) } },
        { orderBy: { askAt: 'asc' }, limit: most, lockMode: LockMode.PESSIMISTIC_PARTIAL_WRITE },
      );
      for (const payment of due) payment.asking(new Date(now + CLAIM));
      return due.flatMap((payment) => {
        const { instruction } = payment;
        return instruction === undefined ? [] : [{ payment, instruction }];
      });
    });
  }

  private ask({ payment, instruction }: Question): Promise<void> {
    return runInContext(payment.context as TelemetryContext, async () => {
      try {
        const answer = await this.answerTo(payment, instruction);
        await this.commands.execute(new NoteProviderAnswer(payment.reference, instruction, answer));
        this.wake();
      } catch (error) {
        this.log.warn(`The answer to "${instruction}" was not noted and is asked again: ${(error as Error).message}`);
      }
    });
  }

  /** Undefined when there is none: then nobody knows what the provider has done. */
  private async answerTo(payment: Payment, instruction: Instruction): Promise<ProviderAnswer | undefined> {
    const { idempotencyKey, total: amount, cardToken: token } = payment;
    const request = { idempotencyKey: idempotencyKey as string, amount, token };
    try {
      return await withDeadline(DEADLINE, (signal) => this.provider[instruction](request, signal));
    } catch (error) {
      this.log.warn(`Asked to ${instruction} ${payment.reference}, the provider failed: ${(error as Error).message}`);
      return undefined;
    }
  }

  /** Nobody tells when a caller's transaction commits: after a wake-up it looks again after 4, 8, 16 … ms. */
  private async rest(): Promise<void> {
    const woken = new Promise<void>((resolve) => {
      this.rouse = resolve;
    });
    await Promise.race([woken, sleep(this.pause, undefined, { signal: this.stopping.signal }).catch(() => undefined)]);
    this.rouse = undefined;
    this.pause = Math.min(this.pause * 2, LONGEST_PAUSE);
  }
}

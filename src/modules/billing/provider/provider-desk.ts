import { setTimeout as sleep } from 'node:timers/promises';
import { LockMode } from '@mikro-orm/core';
import { type BeforeApplicationShutdown, Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { Outage } from '#kernel/messaging/outage';
import { UnitOfWork } from '#kernel/persistence/unit-of-work';
import { withDeadline } from '#kernel/resilience/deadline';
import { type Instruction, Payment } from '../domain/payment.js';
import { PaymentProvider, type ProviderAnswer } from '../domain/payment-provider.js';
import { NoteProviderAnswers, type ProviderReply } from '../use-cases/note-provider-answers.js';

/** How long the provider may take to answer. In milliseconds. */
const DEADLINE = 1_500;
/** Nobody else asks about a payment for so long; after a crash it is asked again. Well above DEADLINE. In milliseconds. */
const CLAIM = 10_000;
/** Payments of one round. More at once would only queue up at the provider, and run into their deadlines there. */
const ROUND = 10;
/** The next round begins when all have been answered, or after this: who is silent does not hold up others. In milliseconds. */
const ROUND_TIME = 100;
/** The pause between two looks, which doubles while nothing is found. In milliseconds. */
const SHORTEST_PAUSE = 4;
const LONGEST_PAUSE = 500;

interface Question {
  readonly payment: Payment;
  readonly asked: Instruction;
}

/**
 * Asks the provider what payments wait for, outside of any transaction: while another company thinks, no connection, no
 * row and no other payment has to wait. Round by round:
 *
 *   claim what is due (a short transaction) ─▶ ask, each with its deadline ─▶ note the answers (another one)
 *                                                     └─ not yet answered: noted by itself, during later rounds
 *
 * A crash in between leaves a claim that runs out; then the same is asked under the same key and answered the same.
 */
@Injectable()
export class ProviderDesk implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly log = new Logger('billing.provider-desk');
  private readonly outage = new Outage('Payments are looked at again.', this.log);
  private readonly stopping = new AbortController();
  /** What goes on beside the rounds: late answers, until they are noted. */
  private readonly aside = new Set<Promise<void>>();
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
    await this.running;
    while (this.aside.size > 0) await Promise.all(this.aside);
  }

  /** There is something to ask, or will be when the caller's transaction has committed, any moment now. */
  wake(): void {
    this.pause = SHORTEST_PAUSE;
    this.rouse?.();
  }

  private async run(): Promise<void> {
    while (!this.stopping.signal.aborted) {
      const questions = await this.look();
      if (questions.length > 0) await this.round(questions);
      else await this.rest();
    }
  }

  private async look(): Promise<Question[]> {
    try {
      const questions = await this.claim();
      this.outage.isOver();
      return questions;
    } catch (error) {
      this.outage.lasts(`Payments could not be looked at: ${(error as Error).message}`);
      return [];
    }
  }

  /** Skips rows that are locked, so it waits for nobody. */
  private async claim(): Promise<Question[]> {
    const now = new Date();
    const due = await this.unitOfWork.query('select 1 from payment where ask_at <= $1 limit 1', [now]);
    if (due.length === 0) return [];
    return this.unitOfWork.transaction(async (tx) => {
      const payments = await tx.em.find(
        Payment,
        { askAt: { $lte: now } },
        { orderBy: { askAt: 'asc' }, limit: ROUND, lockMode: LockMode.PESSIMISTIC_PARTIAL_WRITE },
      );
      return payments.flatMap((payment) => {
        const asked = payment.beingAsked(new Date(now.getTime() + CLAIM));
        return asked === undefined ? [] : [{ payment, asked }];
      });
    });
  }

  private async round(questions: Question[]): Promise<void> {
    const inTime: ProviderReply[] = [];
    let isOver = false;
    const replies = questions.map(async (question) => {
      const reply = await this.ask(question);
      if (isOver) await this.noteAlone(reply);
      else inTime.push(reply);
    });
    for (const reply of replies) this.putAside(reply);
    await Promise.race([Promise.all(replies), sleep(ROUND_TIME)]);
    isOver = true;
    this.pause = SHORTEST_PAUSE;
    await this.note(inTime);
  }

  private async ask({ payment, asked }: Question): Promise<ProviderReply> {
    const { reference, idempotencyKey, total: amount, cardToken: token } = payment;
    const request = { idempotencyKey: idempotencyKey as string, amount, token };
    let answer: ProviderAnswer | undefined;
    try {
      answer = await withDeadline(DEADLINE, (signal) => this.provider[asked](request, signal));
    } catch (error) {
      this.log.warn(`Asked to ${asked} ${reference}, the provider failed: ${(error as Error).message}`);
    }
    return { reference, asked, answer };
  }

  /** What cannot be noted together, because one is locked or at fault, is noted one by one, and waits on its own. */
  private async note(replies: ProviderReply[]): Promise<void> {
    if (replies.length === 0) return;
    const noted = await this.commands
      .execute<NoteProviderAnswers, string[]>(new NoteProviderAnswers(replies))
      .catch((): string[] => []);
    for (const reply of replies) if (!noted.includes(reply.reference)) this.putAside(this.noteAlone(reply));
  }

  private async noteAlone(reply: ProviderReply): Promise<void> {
    try {
      await this.commands.execute(new NoteProviderAnswers([reply]));
      this.wake();
    } catch (error) {
      const { asked, reference } = reply;
      this.log.warn(
        `It is not noted, and asked again, what came of ${asked} ${reference}: ${(error as Error).message}`,
      );
    }
  }

  private putAside(work: Promise<void>): void {
    const kept = work.finally(() => this.aside.delete(kept));
    this.aside.add(kept);
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

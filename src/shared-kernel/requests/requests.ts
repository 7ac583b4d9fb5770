import { Logger } from '@nestjs/common';
import { BootRefusal } from '../boot-refusal.js';
import { DomainError } from '../contract/domain-error.js';
import type { QueryType, ReplyOf, RequestOf } from '../contract/query.js';
import { asError } from '../persistence/failures.js';
import type { Cancellation } from '../resilience/cancellation.js';
import { currentContext, runInContext, type TelemetryContext } from '../telemetry/context.js';
import { lookForAnswers, UNANSWERED, unansweredAmong } from './answered-elsewhere.js';
import type { Answerer } from './answers.js';
import { Call } from './call.js';
import { Correspondence } from './correspondence.js';
import type { Elsewhere } from './elsewhere.js';
import { held } from './held.js';
import { readQuestion, writeNoAnswer, writeRefusal, writeReply } from './letters.js';
import { NoAnswer } from './no-answer.js';
import { type Participant, questionsWithoutAnswer, whyItMayNotTakePart } from './participants.js';
import { AnsweringContext, originIn } from './telemetry.js';

/** Questions of other apps that are being answered at once; those beyond go without, and soon hear of it. */
const MOST_AT_ONCE = 512;

/**
 * All queries of one process. A question goes the same way whether its answerer lives here or elsewhere:
 *
 *   ask ──request, closed──▶ deadline ──▶ here: the answerer's method ──reply, closed──▶
 *                                    └──▶ elsewhere: seam ──▶ wire ──request, open──▶ the same ──▶ wire ──reply, open──▶
 *
 * Here both ends hold the very same schema, and what passes it closed passes it open: it is checked once each way, which
 * also makes the copies that the wire would.
 */
export class Requests {
  private readonly log = new Logger('requests');
  private readonly participants: Participant[] = [];
  private readonly answerers = new Map<string, Answerer>();
  private readonly correspondence: Correspondence | undefined;
  private underWay = 0;
  private hasLooked = false;

  constructor(private readonly elsewhere: Elsewhere | undefined) {
    this.correspondence = elsewhere && new Correspondence(elsewhere);
  }

  /** A module of this process takes part. @throws when it may not; lists every reason. */
  join(participant: Participant): void {
    const problems = whyItMayNotTakePart(participant, this.answerers);
    if (problems.length > 0) throw new BootRefusal(`Module "${participant.declaration.name}" cannot start:`, problems);
    this.participants.push(participant);
    for (const answerer of participant.answers) this.answerers.set(answerer.query.name, answerer);
  }

  /**
   * To be called when all modules of this process have joined, by each of them. Whether other apps answer what is asked of
   * them is looked for meanwhile.
   * @throws for questions that nobody could answer.
   */
  mustBeWhole(): void {
    const problems = questionsWithoutAnswer(this.participants, this.answerers, this.elsewhere);
    if (problems.length > 0) throw new BootRefusal('Some queries can have no answer:', problems);
    this.lookElsewhere();
  }

  private lookElsewhere(): void {
    if (this.hasLooked || !this.elsewhere) return;
    this.hasLooked = true;
    const asked = this.participants.flatMap(({ declaration, asks }) =>
      asks.filter(({ name }) => !this.answerers.has(name)).map((query) => ({ query, by: declaration.name })),
    );
    lookForAnswers(asked, this.elsewhere);
  }

  /** @throws DomainError the owner's own word; NoAnswer. */
  ask<Query extends QueryType>(
    module: string,
    query: Query,
    request: RequestOf<Query>,
    within: number,
    signal?: AbortSignal,
  ): Promise<ReplyOf<Query>> {
    const context = currentContext();
    const left = context?.deadline === undefined ? within : Math.min(within, context.deadline - performance.now());
    const call = new Call(query.name, module, left, signal);
    try {
      call.mustBeWorthwhile();
      const data = held(query.request, request, () => `${module} asked ${query.name} with`);
      const answerer = this.answerers.get(query.name);
      const work = answerer
        ? () => this.answerHere(answerer, data, call, context)
        : () => this.askElsewhere(query, data, call, context);
      return call.answeredOrCancelled(work) as Promise<ReplyOf<Query>>;
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /**
   * Answers a question of another app: JSON in, JSON out, whatever happens.
   * @param cancellation tells that the answer is not wanted any more
   */
  async answer(question: Buffer, cancellation: Cancellation): Promise<string> {
    if (this.underWay >= MOST_AT_ONCE)
      return writeNoAnswer(new NoAnswer('overloaded', `${MOST_AT_ONCE} questions are being answered already.`));
    this.underWay++;
    try {
      return writeReply(await this.answered(question, cancellation));
    } catch (error) {
      if (error instanceof DomainError) return writeRefusal(error);
      return writeNoAnswer(error instanceof NoAnswer ? error : this.failure(error, 'the question'));
    } finally {
      this.underWay--;
    }
  }

  private answered(question: Buffer, cancellation: Cancellation): Promise<unknown> {
    const { type, source, within, data, ...origin } = readQuestion(question);
    const answerer = this.answerers.get(type);
    if (!answerer) return Promise.resolve(this.withoutAnswerer(type, data));
    const request = held(answerer.query.reading.request, data, () => `${source} asked ${type} with`);
    const call = new Call(type, source, within, cancellation);
    // Once it is cancelled nobody hears of it, so it need not be settled: only the answerer, where it cares, is told.
    return call.answered(() => this.answerHere(answerer, request, call, originIn(origin)));
  }

  /** @throws NoAnswer */
  private withoutAnswerer(type: string, data: unknown): string[] {
    const unanswered = type === UNANSWERED ? unansweredAmong(data, this.answerers) : undefined;
    if (!unanswered) throw new NoAnswer('nobody-answers', `Nobody here answers ${type}.`);
    return unanswered;
  }

  /**
   * The reply, or a promise of it where the answerer makes one.
   * @throws DomainError, NoAnswer and nothing else: what else goes wrong is for the log of the answerer.
   */
  private answerHere(answerer: Answerer, request: unknown, call: Call, asker: TelemetryContext | undefined): unknown {
    const context = new AnsweringContext(answerer.query.owner, asker, call.ends);
    return runInContext(context, () => this.replyOf(answerer, request, call));
  }

  private replyOf({ query, answer }: Answerer, request: unknown, call: Call): unknown {
    const whole = (reply: unknown) => held(query.reply, reply, () => `${query.owner} answered ${query.name} with`);
    const failed = (error: unknown) => {
      throw error instanceof DomainError ? error : this.failure(error, query.name, call);
    };
    let reply: unknown;
    try {
      reply = answer(request, call);
    } catch (error) {
      return failed(error);
    }
    return isThenable(reply) ? Promise.resolve(reply).then(whole, failed) : whole(reply);
  }

  private failure(error: unknown, what: string, call?: Call): NoAnswer {
    // What was told to stop fails of just that, and nobody waits for it any more.
    if (!call?.isGivenUp) this.log.error(asError(error));
    return new NoAnswer('failed', `Answering ${what} failed; the answerer's log says why.`);
  }

  private askElsewhere(query: QueryType, data: unknown, call: Call, asker: TelemetryContext | undefined) {
    if (!this.correspondence) throw new NoAnswer('nobody-answers', `Nobody answers ${query.name}.`);
    return this.correspondence.ask(query, data, call, asker);
  }
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof (value as Partial<PromiseLike<unknown>> | null | undefined)?.then === 'function';
}

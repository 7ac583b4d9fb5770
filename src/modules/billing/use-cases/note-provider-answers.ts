import { LockMode } from '@mikro-orm/core';
import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { UnitOfWork } from '#kernel/persistence/unit-of-work';
import { runInContext, type TelemetryContext } from '#kernel/telemetry/context';
import { type Instruction, Payment } from '../domain/payment.js';
import type { ProviderAnswer } from '../domain/payment-provider.js';
import { tell } from './conclude.js';

export interface ProviderReply {
  readonly reference: string;
  readonly asked: Instruction;
  /** Undefined when there was none in time. */
  readonly answer: ProviderAnswer | undefined;
}

export class NoteProviderAnswers {
  constructor(readonly replies: readonly ProviderReply[]) {}
}

/**
 * Answers which of them it has noted. Lock order: of several it takes the rows that are free, and only for a single one
 * it waits; so it never holds one while it waits for another.
 */
@CommandHandler(NoteProviderAnswers)
export class NoteProviderAnswersHandler implements ICommandHandler<NoteProviderAnswers> {
  constructor(private readonly unitOfWork: UnitOfWork) {}

  execute({ replies }: NoteProviderAnswers): Promise<string[]> {
    const byReference = new Map(replies.map((reply) => [reply.reference, reply]));
    const lockMode = replies.length > 1 ? LockMode.PESSIMISTIC_PARTIAL_WRITE : LockMode.PESSIMISTIC_WRITE;
    return this.unitOfWork.transaction(async (tx) => {
      const payments = await tx.em.find(Payment, { reference: [...byReference.keys()] }, { lockMode });
      const now = new Date();
      const facts = payments.map((payment) => {
        const { asked, answer } = byReference.get(payment.reference) as ProviderReply;
        return answer ? payment.answered(asked, answer, now) : payment.unanswered(asked, now);
      });
      await tx.em.flush();
      payments.forEach((payment, at) => {
        runInContext(payment.context as TelemetryContext, () => tell(tx, payment, facts[at]));
      });
      return payments.map(({ reference }) => reference);
    });
  }
}

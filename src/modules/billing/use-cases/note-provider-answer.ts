import { LockMode } from '@mikro-orm/core';
import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { UnitOfWork } from '#kernel/persistence/unit-of-work';
import { type Instruction, Payment } from '../domain/payment.js';
import type { ProviderAnswer } from '../domain/payment-provider.js';
import { conclude } from './conclude.js';

export class NoteProviderAnswer {
  constructor(
    readonly reference: string,
    readonly asked: Instruction,
    /** Undefined when there was none in time. */
    readonly answer: ProviderAnswer | undefined,
  ) {}
}

@CommandHandler(NoteProviderAnswer)
export class NoteProviderAnswerHandler implements ICommandHandler<NoteProviderAnswer> {
  constructor(private readonly unitOfWork: UnitOfWork) {}

  execute({ reference, asked, answer }: NoteProviderAnswer): Promise<void> {
    return this.unitOfWork.transaction(async (tx) => {
      const payment = await tx.em.findOneOrFail(Payment, { reference }, { lockMode: LockMode.PESSIMISTIC_WRITE });
      const now = new Date();
      await conclude(tx, payment, answer ? payment.answered(asked, answer, now) : payment.unanswered(asked, now));
    });
  }
}

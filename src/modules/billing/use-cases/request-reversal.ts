import { LockMode } from '@mikro-orm/core';
import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { UnitOfWork } from '#kernel/persistence/unit-of-work';
import { Payment } from '../domain/payment.js';
import { conclude } from './conclude.js';

export class RequestReversal {
  constructor(readonly reference: string) {}
}

@CommandHandler(RequestReversal)
export class RequestReversalHandler implements ICommandHandler<RequestReversal> {
  constructor(private readonly unitOfWork: UnitOfWork) {}

  execute({ reference }: RequestReversal): Promise<void> {
    return this.unitOfWork.transaction(async (tx) => {
      const known = await tx.em.findOne(Payment, { reference }, { lockMode: LockMode.PESSIMISTIC_WRITE });
      const now = new Date();
      const payment = known ?? Payment.reversedBeforeRequested(reference, now);
      await conclude(tx, payment, payment.reverse(now));
    });
  }
}

import { LockMode } from '@mikro-orm/core';
import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { UnitOfWork } from '#kernel/persistence/unit-of-work';
import { PaymentDeclined } from '../contract/payment-declined.js';
import { NOT_REQUESTED, Payment } from '../domain/payment.js';
import { conclude } from './conclude.js';

export class RequestCapture {
  constructor(readonly reference: string) {}
}

@CommandHandler(RequestCapture)
export class RequestCaptureHandler implements ICommandHandler<RequestCapture> {
  constructor(private readonly unitOfWork: UnitOfWork) {}

  execute({ reference }: RequestCapture): Promise<void> {
    return this.unitOfWork.transaction(async (tx) => {
      const payment = await tx.em.findOne(Payment, { reference }, { lockMode: LockMode.PESSIMISTIC_WRITE });
      if (payment) await conclude(tx, payment, payment.capture(new Date()));
      else tx.publish(PaymentDeclined, { reference, reason: NOT_REQUESTED });
    });
  }
}

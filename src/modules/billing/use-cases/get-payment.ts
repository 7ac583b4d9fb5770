import { type IQueryHandler, QueryHandler } from '@nestjs/cqrs';
import { UnitOfWork } from '#kernel/persistence/unit-of-work';
import { Payment, unknownPayment } from '../domain/payment.js';

export class GetPayment {
  constructor(
    readonly reference: string,
    /** Whose payment it has to be; undefined for anyone's. */
    readonly owner: string | undefined,
  ) {}
}

@QueryHandler(GetPayment)
export class GetPaymentHandler implements IQueryHandler<GetPayment> {
  constructor(private readonly unitOfWork: UnitOfWork) {}

  async execute({ reference, owner }: GetPayment): Promise<Payment> {
    const payment = await this.unitOfWork.reader.findOne(Payment, { reference });
    if (!payment || (owner !== undefined && payment.customerId !== owner)) throw unknownPayment(reference);
    return payment;
  }
}

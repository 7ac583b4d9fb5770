import { type IQueryHandler, QueryHandler } from '@nestjs/cqrs';
import { PaymentProvider } from '../domain/payment-provider.js';

export class AssessPayment {
  constructor(
    readonly token: string,
    /** Aborted when nobody waits for the assessment any more. */
    readonly signal: AbortSignal,
  ) {}
}

@QueryHandler(AssessPayment)
export class AssessPaymentHandler implements IQueryHandler<AssessPayment> {
  constructor(private readonly provider: PaymentProvider) {}

  async execute({ token, signal }: AssessPayment): Promise<'likely' | 'unlikely'> {
    return (await this.provider.wouldAccept(token, signal)) ? 'likely' : 'unlikely';
  }
}

import { Injectable } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import type { ReplyOf, RequestOf } from '#kernel/contract/query';
import { Handle, type Message } from '#kernel/messaging/subscriptions';
import { Answers } from '#kernel/requests/answers';
import type { Asked } from '#kernel/requests/call';
import { AuthorisePayment } from './contract/authorise-payment.js';
import { CapturePayment } from './contract/capture-payment.js';
import { IssueCreditNote } from './contract/issue-credit-note.js';
import { PaymentProspect } from './contract/payment-prospect.js';
import { ReversePayment } from './contract/reverse-payment.js';
import { ProviderDesk } from './provider/provider-desk.js';
import { AssessPayment } from './use-cases/assess-payment.js';
import { CreditCustomer } from './use-cases/credit-customer.js';
import { RequestAuthorisation } from './use-cases/request-authorisation.js';
import { RequestCapture } from './use-cases/request-capture.js';
import { RequestReversal } from './use-cases/request-reversal.js';

@Injectable()
export class BillingSubscriber {
  constructor(
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
    private readonly desk: ProviderDesk,
  ) {}

  @Handle(AuthorisePayment)
  async authorise({ id, payload }: Message<typeof AuthorisePayment>): Promise<void> {
    await this.commands.execute(new RequestAuthorisation(payload, id));
    this.desk.wake();
  }

  @Handle(CapturePayment)
  async capture({ payload }: Message<typeof CapturePayment>): Promise<void> {
    await this.commands.execute(new RequestCapture(payload.reference));
    this.desk.wake();
  }

  @Handle(ReversePayment)
  async reverse({ payload }: Message<typeof ReversePayment>): Promise<void> {
    await this.commands.execute(new RequestReversal(payload.reference));
    this.desk.wake();
  }

  @Handle(IssueCreditNote)
  credit({ payload }: Message<typeof IssueCreditNote>): Promise<void> {
    return this.commands.execute(new CreditCustomer(payload));
  }

  @Answers(PaymentProspect)
  async prospect(
    { token }: RequestOf<typeof PaymentProspect>,
    { signal }: Asked,
  ): Promise<ReplyOf<typeof PaymentProspect>> {
    return { payment: await this.queries.execute(new AssessPayment(token, signal)) };
  }
}

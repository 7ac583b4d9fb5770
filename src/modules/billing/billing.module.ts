import { Module } from '@nestjs/common';
import { BoundedContext } from '#kernel/bounded-context';
import { BillingController } from './billing.controller.js';
import { BillingSubscriber } from './billing.subscriber.js';
import { PaymentProvider } from './domain/payment-provider.js';
import declaration from './module.json' with { type: 'json' };
import { CreditNoteMapping } from './persistence/credit-note.mapping.js';
import { Payments } from './persistence/migrations/0001-payments.js';
import { Sandbox } from './persistence/migrations/0002-sandbox.js';
import { PaymentMapping } from './persistence/payment.mapping.js';
import { ProviderDesk } from './provider/provider-desk.js';
import { SandboxProvider } from './provider/sandbox-provider.js';
import { AssessPaymentHandler } from './use-cases/assess-payment.js';
import { CreditCustomerHandler } from './use-cases/credit-customer.js';
import { GetAccountHandler } from './use-cases/get-account.js';
import { GetCreditNoteHandler } from './use-cases/get-credit-note.js';
import { GetPaymentHandler } from './use-cases/get-payment.js';
import { NoteProviderAnswersHandler } from './use-cases/note-provider-answers.js';
import { RequestAuthorisationHandler } from './use-cases/request-authorisation.js';
import { RequestCaptureHandler } from './use-cases/request-capture.js';
import { RequestReversalHandler } from './use-cases/request-reversal.js';

@Module({
  imports: [
    BoundedContext.register({
      declaration,
      entities: [PaymentMapping, CreditNoteMapping],
      migrations: [
        { name: 'billing-0001-payments', class: Payments },
        { name: 'billing-0002-sandbox', class: Sandbox },
      ],
      subscribers: [BillingSubscriber],
      answers: [BillingSubscriber],
    }),
  ],
  controllers: [BillingController],
  providers: [
    BillingSubscriber,
    ProviderDesk,
    { provide: PaymentProvider, useClass: SandboxProvider },
    AssessPaymentHandler,
    RequestAuthorisationHandler,
    RequestCaptureHandler,
    RequestReversalHandler,
    NoteProviderAnswersHandler,
    CreditCustomerHandler,
    GetPaymentHandler,
    GetCreditNoteHandler,
    GetAccountHandler,
  ],
})
export class BillingModule {}

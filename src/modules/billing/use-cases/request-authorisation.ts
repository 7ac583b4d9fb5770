import { LockMode } from '@mikro-orm/core';
import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import type { Payload } from '#kernel/contract/message';
import { UnitOfWork } from '#kernel/persistence/unit-of-work';
import type { AuthorisePayment } from '../contract/authorise-payment.js';
import { Payment } from '../domain/payment.js';
import { conclude } from './conclude.js';

export class RequestAuthorisation {
  constructor(
    readonly details: Payload<typeof AuthorisePayment>,
    /** The id of the command: the same one again is the same request to the provider. */
    readonly idempotencyKey: string,
  ) {}
}

/** Only notes what is wanted: the provider is asked once this is committed (see ProviderDesk). */
@CommandHandler(RequestAuthorisation)
export class RequestAuthorisationHandler implements ICommandHandler<RequestAuthorisation> {
  constructor(private readonly unitOfWork: UnitOfWork) {}

  execute({ details, idempotencyKey }: RequestAuthorisation): Promise<void> {
    return this.unitOfWork.transaction(async (tx) => {
      const { reference } = details;
      const known = await tx.em.findOne(Payment, { reference }, { lockMode: LockMode.PESSIMISTIC_WRITE });
      if (known) await conclude(tx, known, known.requestedAgain());
      else await conclude(tx, new Payment({ ...details, idempotencyKey }, new Date()), undefined);
    });
  }
}

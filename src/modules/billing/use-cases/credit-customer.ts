import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import type { Payload } from '#kernel/contract/message';
import { UnitOfWork } from '#kernel/persistence/unit-of-work';
import { CreditNoteIssued } from '../contract/credit-note-issued.js';
import type { IssueCreditNote } from '../contract/issue-credit-note.js';
import { CreditNote } from '../domain/credit-note.js';

export class CreditCustomer {
  constructor(readonly details: Payload<typeof IssueCreditNote>) {}
}

@CommandHandler(CreditCustomer)
export class CreditCustomerHandler implements ICommandHandler<CreditCustomer> {
  constructor(private readonly unitOfWork: UnitOfWork) {}

  /** Asked twice, it credits once and answers twice. */
  execute({ details }: CreditCustomer): Promise<void> {
    return this.unitOfWork.transaction(async (tx) => {
      const { reference } = details;
      const known = await tx.em.findOne(CreditNote, { reference });
      const note = known ?? new CreditNote(details);
      await tx.em.persist(note).flush();
      tx.publish(CreditNoteIssued, { reference, amount: note.total });
    });
  }
}

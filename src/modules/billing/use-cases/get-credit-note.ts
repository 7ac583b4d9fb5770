import { type IQueryHandler, QueryHandler } from '@nestjs/cqrs';
import { UnitOfWork } from '#kernel/persistence/unit-of-work';
import { CreditNote, unknownCreditNote } from '../domain/credit-note.js';

export class GetCreditNote {
  constructor(
    readonly reference: string,
    /** Whose credit note it has to be; undefined for anyone's. */
    readonly owner: string | undefined,
  ) {}
}

@QueryHandler(GetCreditNote)
export class GetCreditNoteHandler implements IQueryHandler<GetCreditNote> {
  constructor(private readonly unitOfWork: UnitOfWork) {}

  async execute({ reference, owner }: GetCreditNote): Promise<CreditNote> {
    const note = await this.unitOfWork.reader.findOne(CreditNote, { reference });
    if (!note || (owner !== undefined && note.customerId !== owner)) throw unknownCreditNote(reference);
    return note;
  }
}

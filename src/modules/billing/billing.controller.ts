import { Controller, Get, Param } from '@nestjs/common';
import { QueryBus } from '@nestjs/cqrs';
import { z } from 'zod';
import { Money } from '#kernel/contract/money';
import { Allow, CurrentPrincipal, ownerUnless } from '#kernel/http/access';
import { Refuses, Returns } from '#kernel/http/openapi';
import type { Principal } from '#kernel/http/tokens';
import { Uuid } from '#kernel/http/uuid';
import type { CreditNote } from './domain/credit-note.js';
import type { Payment } from './domain/payment.js';
import { type Account, GetAccount } from './use-cases/get-account.js';
import { GetCreditNote } from './use-cases/get-credit-note.js';
import { GetPayment } from './use-cases/get-payment.js';

const GUEST = 'guest';
const AccountId = z.union([Uuid, z.literal(GUEST)]).describe('a customer, or "guest" for all who are not known');
const PaymentView = z.object({
  orderId: z.uuid(),
  status: z.enum(['pending', 'authorised', 'declined', 'captured', 'voided', 'refunded']),
  amount: Money,
  captured: Money,
  refunded: Money,
  reason: z.string().optional(),
});
const CreditNoteView = z.object({ returnId: z.uuid(), customerId: z.uuid().nullable(), amount: Money });
/** Of any number of amounts, so of any number of digits. */
const Sum = z.object({ amount: z.string().regex(/^\d+\.\d{2,4}$/), currency: Money.shape.currency });
const AccountView = z.object({ customerId: AccountId, captured: Sum, refunded: Sum, credited: Sum });

@Controller('billing')
export class BillingController {
  constructor(private readonly queries: QueryBus) {}

  @Get('payments/:orderId')
  @Returns(200, PaymentView, 'The payment for the order.')
  @Refuses({ 404: 'no such payment, or it is not yours' })
  async payment(
    @Param('orderId', { schema: Uuid }) orderId: string,
    @CurrentPrincipal() reader: Principal,
  ): Promise<z.infer<typeof PaymentView>> {
    const payment: Payment = await this.queries.execute(new GetPayment(orderId, ownerUnless(reader, 'sales', 'admin')));
    const { reference, status, total, captured, refunded, reason } = payment;
    return { orderId: reference, status, amount: total, captured, refunded, ...(reason !== null && { reason }) };
  }

  @Get('credit-notes/:returnId')
  @Returns(200, CreditNoteView, 'The credit note for the return.')
  @Refuses({ 404: 'no such credit note, or it is not yours' })
  async creditNote(
    @Param('returnId', { schema: Uuid }) returnId: string,
    @CurrentPrincipal() reader: Principal,
  ): Promise<z.infer<typeof CreditNoteView>> {
    const note: CreditNote = await this.queries.execute(
      new GetCreditNote(returnId, ownerUnless(reader, 'sales', 'admin')),
    );
    return { returnId: note.reference, customerId: note.customerId, amount: note.total };
  }

  @Get('accounts/:customerId')
  @Allow('sales', 'admin')
  @Returns(200, AccountView, 'All that was taken, given back and credited.')
  async account(@Param('customerId', { schema: AccountId }) customerId: string): Promise<z.infer<typeof AccountView>> {
    const account: Account = await this.queries.execute(new GetAccount(customerId === GUEST ? null : customerId));
    return { customerId, ...account };
  }
}

import { Migration } from '@mikro-orm/migrations';

/** What the sandbox provider remembers: the books of another company, which happen to be kept here. */
export class Sandbox extends Migration {
  override up(): void {
    this.addSql(`
      create table sandbox_payment (
        idempotency_key uuid primary key,
        amount numeric(18, 4) not null,
        currency text not null,
        state text not null check (state in ('authorised', 'declined', 'captured', 'voided', 'refunded')),
        reason text
      )`);
  }
}

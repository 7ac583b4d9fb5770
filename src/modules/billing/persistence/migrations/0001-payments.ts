import { Migration } from '@mikro-orm/migrations';

export class Payments extends Migration {
  override up(): void {
    this.addSql(`
      create table payment (
        reference uuid primary key,
        customer_id uuid,
        amount numeric(18, 4) not null check (amount >= 0),
        currency text not null,
        idempotency_key uuid unique,
        status text not null check (status in ('pending', 'authorised', 'declined', 'captured', 'voided', 'refunded')),
        goal text not null check (goal in ('authorised', 'captured', 'reversed', 'abandoned')),
        reason text,
        token text,
        provider_reference text,
        tries int not null,
        ask_at timestamptz,
        context jsonb,
        version int not null default 1
      )`);
    this.addSql('create index payment_customer on payment (customer_id)');
    this.addSql('create index payment_to_ask on payment (ask_at) where ask_at is not null');
    this.addSql(`
      create table credit_note (
        reference uuid primary key,
        customer_id uuid,
        amount numeric(18, 4) not null check (amount >= 0),
        currency text not null
      )`);
    this.addSql('create index credit_note_customer on credit_note (customer_id)');
  }
}

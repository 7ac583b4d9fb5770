import { Migration } from '@mikro-orm/migrations';

export class Orders extends Migration {
  override up(): void {
    this.addSql(`
      create table customer_order (
        id uuid primary key,
        customer_id uuid,
        status text not null check (status in ('placed', 'confirmed', 'shipped', 'rejected', 'cancelled')),
        lines jsonb not null,
        amount numeric(18, 4) not null,
        currency text not null,
        history jsonb not null,
        cancellation_requested boolean not null,
        payment_token text,
        version int not null default 1
      )`);
    this.addSql('create index customer_order_by_customer on customer_order (customer_id, id)');
    this.addSql('create index customer_order_by_status on customer_order (status, id)');
    this.addSql(`
      create table goods_return (
        id uuid primary key,
        customer_id uuid,
        lines jsonb not null,
        amount numeric(18, 4) not null,
        currency text not null,
        back_on_shelf boolean not null,
        credited boolean not null,
        version int not null default 1
      )`);
    this.addSql(`
      create table offer (
        sku text collate "C" primary key,
        amount numeric(18, 4) not null,
        currency text not null,
        stocked boolean not null
      )`);
  }
}

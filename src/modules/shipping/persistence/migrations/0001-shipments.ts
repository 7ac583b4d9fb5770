import { Migration } from '@mikro-orm/migrations';

export class Shipments extends Migration {
  override up(): void {
    this.addSql(`
      create table shipment (
        reference uuid primary key,
        customer_id uuid,
        lines jsonb not null,
        status text not null check (status in ('waiting', 'dispatched', 'cancelled')),
        dispatched_at timestamptz check ((dispatched_at is not null) = (status = 'dispatched')),
        version int not null default 1
      )`);
  }
}

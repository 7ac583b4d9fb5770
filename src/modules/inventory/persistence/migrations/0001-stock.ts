import { Migration } from '@mikro-orm/migrations';

export class Stock extends Migration {
  override up(): void {
    // The checks are the last wall against overselling; the domain decides before it comes to them.
    this.addSql(`
      create table stock (
        sku text collate "C" primary key,
        stocked boolean not null,
        on_hand bigint not null default 0,
        reserved bigint not null default 0,
        check (on_hand >= 0 and on_hand <= 9007199254740991),
        check (reserved >= 0 and reserved <= on_hand),
        check (stocked or on_hand = 0)
      )`);
    this.addSql(`
      create table reservation (
        reference uuid primary key,
        state text not null check (state in ('reserved', 'refused', 'released', 'fulfilled')),
        lines jsonb not null,
        shortages jsonb not null,
        version int not null default 1
      )`);
    // One reference moves an SKU once each way, at most.
    this.addSql(`
      create table movement (
        id bigint generated always as identity primary key,
        sku text collate "C" not null,
        kind text not null check (kind in ('receipt', 'adjustment', 'reserve', 'release', 'fulfil', 'take-back')),
        quantity bigint not null check (quantity > 0 or (kind = 'adjustment' and quantity < 0)),
        reference uuid,
        reason text,
        at timestamptz not null default now(),
        unique (reference, kind, sku)
      )`);
  }
}

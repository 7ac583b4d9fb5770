import { Migration } from '@mikro-orm/migrations';

export class Products extends Migration {
  override up(): void {
    // Collation "C": codes are opaque, and a page's order must not depend on the server's locale.
    this.addSql(`
      create table product (
        sku text collate "C" primary key,
        name text not null,
        stocked boolean not null,
        amount numeric(18, 4) not null check (amount >= 0),
        currency text not null,
        version int not null default 1
      )`);
  }
}

import { Migration } from '@mikro-orm/migrations';

export class Accounts extends Migration {
  override up(): void {
    this.addSql(`
      create table account (
        id uuid primary key,
        email text collate "C" not null constraint account_email_taken unique,
        name text not null,
        roles text[] not null,
        password_hash text not null,
        check (email = lower(email) and char_length(email) <= 254),
        check (char_length(name) between 1 and 200),
        check (cardinality(roles) > 0 and roles <@ array['customer', 'sales', 'admin'])
      )`);
  }
}

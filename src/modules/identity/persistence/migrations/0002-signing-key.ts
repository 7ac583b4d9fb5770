import { Migration } from '@mikro-orm/migrations';

export class SigningKey extends Migration {
  override up(): void {
    // The generation is what instances that start at once compete for: one of them inserts it, the others read it.
    this.addSql(`
      create table signing_key (
        generation int primary key,
        kid text not null unique,
        private_jwk jsonb not null,
        created_at timestamptz not null default now()
      )`);
  }
}

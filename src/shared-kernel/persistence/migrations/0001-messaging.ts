import { Migration } from '@mikro-orm/migrations';

/** The tables that every module's schema needs to send, receive, wait and be moved. */
export class Messaging extends Migration {
  override up(): void {
    this.addSql(`
      create table placement (
        one boolean primary key default true check (one),
        state text not null check (state in ('here', 'fenced', 'moved')),
        epoch bigint not null
      )`);
    this.addSql(`insert into placement (state, epoch) values ('here', 1)`);
    this.addSql(`
      create table outbox (
        id bigint generated always as identity primary key,
        xid xid8 not null default pg_current_xact_id(),
        event_id uuid not null,
        type text not null,
        key text not null,
        headers jsonb not null,
        payload jsonb not null
      )`);
    this.addSql('create index outbox_xid on outbox (xid)');
    this.addSql(`
      create table relay (
        one boolean primary key default true check (one),
        epoch bigint not null,
        cluster bigint
      )`);
    this.addSql('insert into relay (epoch) values (0)');
    this.addSql(`
      create table relay_cursor (
        subscriber text primary key,
        s1 pg_snapshot not null,
        s2 pg_snapshot,
        last_id bigint not null,
        moved_at timestamptz not null default now()
      )`);
    this.addSql(`
      create table lease (
        source text not null,
        subscriber text not null,
        partition int not null,
        epoch bigint not null default 0,
        number bigint not null default 0,
        primary key (source, subscriber, partition)
      )`);
    this.addSql(`
      create table inbox (
        subscriber text not null,
        event_id uuid not null,
        primary key (subscriber, event_id)
      )`);
    this.addSql(`
      create table parked (
        seq bigint generated always as identity primary key,
        subscriber text not null,
        source text not null,
        key text not null,
        envelope jsonb not null,
        attempts int not null,
        due_at timestamptz not null,
        reason text,
        parked_at timestamptz not null default now()
      )`);
    this.addSql('create index parked_key on parked (subscriber, source, key, seq)');
    this.addSql('create index parked_due on parked (due_at)');
    this.addSql(`
      create table delayed (
        id bigint generated always as identity primary key,
        subscriber text not null,
        envelope jsonb not null,
        due_at timestamptz not null
      )`);
    this.addSql('create index delayed_due on delayed (due_at)');
    this.addSql(`
      create table dead_letter (
        id bigint generated always as identity primary key,
        subscriber text not null,
        source text not null,
        key text not null,
        event_id uuid not null,
        type text not null,
        envelope jsonb not null,
        attempts int not null,
        reason text not null,
        died_at timestamptz not null default now()
      )`);
    this.addSql(`
      create table saga (
        type text not null,
        key text not null,
        definition int not null,
        state jsonb not null,
        version int not null default 1,
        status text not null check (status in ('running', 'aborting', 'completed', 'aborted')),
        reason text,
        compensations jsonb not null default '[]',
        pivoted boolean not null default false,
        timers jsonb not null default '{}',
        changed_at timestamptz not null default now(),
        primary key (type, key)
      )`);
    this.addSql(`
      create table idempotency_key (
        scope text not null,
        key text not null,
        fingerprint text not null,
        status int,
        headers jsonb,
        body jsonb,
        created_at timestamptz not null default now(),
        primary key (scope, key)
      )`);
  }
}

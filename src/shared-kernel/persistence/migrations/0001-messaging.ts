import { Migration } from '@mikro-orm/migrations';
import { INBOX_SLOTS, OUTBOX_SLOTS, PARTITIONS } from '../../messaging/layout.js';
import { MUST_BE_HERE } from '../fence.js';

/** The tables that every module's schema needs to send, receive, wait and be moved. */
export class Messaging extends Migration {
  override up(): void {
    this.placement();
    this.outbox();
    this.relay();
    this.receiver();
    this.waiting();
    this.care();
    this.processes();
    this.wall();
  }

  private placement(): void {
    this.addSql(`
      create table placement (
        one boolean primary key default true check (one),
        state text not null check (state in ('here', 'fenced', 'moved')),
        epoch bigint not null
      )`);
    this.addSql(`insert into placement (state, epoch) values ('here', 1)`);
    this.addSql(MUST_BE_HERE);
  }

  /**
   * `xid` stands before `id`, and defaults are evaluated in that order: a row takes its id after its transaction id, which
   * gives every window a floor to start from (see messaging/window.ts).
   * The slot is in the upper half of the id. The ring turns by moving the sequence on to the next slot, so that where a
   * row is found depends on no clock.
   */
  private outbox(): void {
    this.addSql('create sequence outbox_id minvalue 0');
    this.addSql(`select setval('outbox_id', ${2 ** 32})`);
    this.addSql(`
      create table outbox (
        xid xid8 not null default pg_current_xact_id(),
        id bigint not null default nextval('outbox_id'),
        partition smallint not null,
        event_id uuid not null,
        type text not null,
        key text not null,
        envelope json not null
      ) partition by list (((id >> 32) % ${OUTBOX_SLOTS}))`);
    for (let slot = 0; slot < OUTBOX_SLOTS; slot++) {
      this.addSql(
        `create table outbox_${slot} partition of outbox (primary key (partition, id)) for values in (${slot})`,
      );
    }
    // Not compressed, so that a row's size is known without reading it.
    this.addSql('alter table outbox alter column envelope set storage external');
    this.addSql('create index outbox_xid on outbox (xid, id)');
    // One row a turn of the ring: when its slot became the one that is written into.
    this.addSql('create table outbox_ring (slot bigint primary key, started timestamptz not null default now())');
    this.addSql('insert into outbox_ring (slot) values (1)');
  }

  private relay(): void {
    this.addSql('create table relay (partition smallint primary key, epoch bigint not null, cluster bigint not null)');
    this.addSql(`
      insert into relay (partition, epoch, cluster)
      select generate_series(0, ${PARTITIONS - 1}), 0, system_identifier from pg_control_system()`);
    this.addSql(`
      create table subscriber (
        name text primary key,
        types text[] not null,
        replayable text[] not null default '{}'
      )`);
    // Only ever inserted into, and read from the top: an update would leave a chain of dead versions for every reader to
    // walk while anybody holds an old snapshot.
    this.addSql(`
      create table relay_position (
        subscriber text not null,
        partition smallint not null,
        move bigint not null,
        s1 pg_snapshot not null,
        floor bigint not null,
        s2 pg_snapshot,
        next_floor bigint,
        last_id bigint not null,
        moved_at timestamptz not null default now(),
        primary key (subscriber, partition, move)
      )`);
    this.addSql(`
      create table replay (
        id bigint generated always as identity primary key,
        subscriber text not null,
        partition smallint not null,
        generation bigint not null,
        types text[] not null,
        key text,
        since timestamptz,
        until timestamptz,
        last_id bigint not null default 0,
        asked_at timestamptz not null default now()
      )`);
  }

  private receiver(): void {
    this.addSql(`
      create table lease (
        source text not null,
        partition smallint not null,
        holder uuid,
        ended boolean not null default true,
        primary key (source, partition)
      )`);
    this.addSql(`
      create table lease_move (
        source text not null,
        partition smallint not null,
        epoch bigint not null,
        number bigint not null,
        primary key (source, partition, epoch, number)
      )`);
    this.addSql('create table attempt (event_id uuid primary key, tries int not null)');
    this.addSql(`
      create table inbox (
        slot smallint not null,
        event_id uuid not null,
        generation bigint not null,
        primary key (slot, event_id, generation)
      ) partition by list (slot)`);
    for (let slot = 0; slot < INBOX_SLOTS; slot++) {
      this.addSql(`create table inbox_${slot} partition of inbox for values in (${slot})`);
    }
    this.addSql(`
      create table inbox_memory (
        one boolean primary key default true check (one),
        since timestamptz not null
      )`);
    this.addSql(`insert into inbox_memory (since) values ('-infinity')`);
  }

  private waiting(): void {
    this.addSql(`
      create table parked (
        seq bigint generated by default as identity primary key,
        source text not null,
        key text not null,
        event_id uuid not null,
        type text not null,
        envelope json not null,
        attempts int not null,
        due_at timestamptz not null,
        reason text,
        parked_at timestamptz not null default now()
      )`);
    this.addSql('create index parked_key on parked (source, key, seq)');
    this.addSql('create index parked_due on parked (due_at)');
    this.addSql(`
      create table delayed (
        id bigint generated always as identity primary key,
        envelope json not null,
        due_at timestamptz not null
      )`);
    this.addSql('create index delayed_due on delayed (due_at)');
    this.addSql(`
      create table dead_letter (
        id bigint generated always as identity primary key,
        seq bigint not null,
        source text not null,
        key text not null,
        event_id uuid not null,
        type text not null,
        envelope json not null,
        attempts int not null,
        reason text not null,
        holds_key boolean not null,
        unknown_type boolean not null,
        died_at timestamptz not null default now()
      )`);
    this.addSql('create index dead_letter_key on dead_letter (source, key) where holds_key');
  }

  private care(): void {
    this.addSql(`
      create table pause (
        id bigint generated always as identity primary key,
        type text,
        key text,
        since timestamptz not null default now(),
        unique nulls not distinct (type, key)
      )`);
    this.addSql(`
      create table message_audit (
        id bigint generated always as identity primary key,
        at timestamptz not null default now(),
        actor text not null,
        action text not null,
        filter json not null,
        affected int not null,
        discarded json
      )`);
  }

  private processes(): void {
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
    this.addSql('create index idempotency_key_created on idempotency_key (created_at)');
  }

  /**
   * The module's role appends to its outbox and to the audit, and takes nothing back. What must be emptied or written
   * anew is done by functions that run as the owner and check by themselves that nobody needs it any more.
   */
  private wall(): void {
    // What runs as the owner must not be led to the caller's temporary tables, which otherwise come first.
    // Source: PostgreSQL manual, "CREATE FUNCTION", section "Writing SECURITY DEFINER Functions Safely".
    this.addSql(`select set_config('search_path', quote_ident(current_schema()) || ', pg_temp', true)`);
    this.addSql(`
      create function uuid_time(id uuid) returns timestamptz language sql immutable strict parallel safe
      return to_timestamp(('x' || translate(left(id::text, 13), '-', ''))::bit(48)::bigint / 1000.0)`);
    this.addSql(OUTBOX_IS_NEEDED);
    this.addSql(RECYCLE_OUTBOX);
    this.addSql(RECYCLE_INBOX);
    this.addSql(BEGIN_HISTORY_ANEW);
    // Called again whenever a role is new to the schema, which is granted all of it first.
    this.addSql(`
      create function raise_wall() returns void language plpgsql set search_path from current as $$
      declare who name; it text;
      begin
        for who in
          select distinct pg_get_userbyid(acl.grantee) from pg_class c, aclexplode(c.relacl) acl
           where c.oid = 'outbox'::regclass and acl.grantee <> c.relowner and acl.grantee <> 0
        loop
          foreach it in array array['outbox', 'message_audit', 'outbox_ring', 'inbox_memory'] loop
            execute format('revoke update, delete on %I from %I', it, who);
          end loop;
          for n in 0..${OUTBOX_SLOTS - 1} loop
            execute format('revoke insert, update, delete on %I from %I', 'outbox_' || n, who);
          end loop;
          execute format('revoke insert on outbox_ring, inbox_memory from %I', who);
        end loop;
        foreach it in array array['recycle_outbox(interval)', 'recycle_inbox(interval)', 'begin_history_anew(smallint)'] loop
          execute format('revoke execute on function %s from public', it);
        end loop;
      end $$`);
    this.addSql('select raise_wall()');
  }
}

/**
 * Whether somebody has not yet acknowledged something in a slot, or a replay is still to pass through it. By the snapshot
 * alone: of what a window that is still open has brought, nothing is let go.
 */
const OUTBOX_IS_NEEDED = `
  create function outbox_is_needed(slot regclass) returns boolean language plpgsql stable as $$
  declare needed boolean;
  begin
    execute format(
      'select exists (
         select 1 from subscriber s cross join relay r
           left join lateral (
             select s1 from relay_position p
              where p.subscriber = s.name and p.partition = r.partition order by move desc limit 1) p on true
          where s.types <> array[]::text[]
            and (p.s1 is null
                 or exists (select 1 from %1$s where xid >= pg_snapshot_xmax(p.s1))
                 or exists (select 1 from %1$s where xid = any (array(select pg_snapshot_xip(p.s1))))))
       or exists (
         select 1 from replay r where exists (select 1 from %1$s o where o.partition = r.partition and o.id > r.last_id))',
      slot) into needed;
    return needed;
  end $$`;

/**
 * On a new day, moves the sequence on to the next slot when that is empty. Then empties the oldest slot that was left
 * longer ago than the retention and that nobody needs; answers how many it emptied, so at most one, because the lock on an
 * emptied slot is held until the transaction ends.
 * A slot's age is that of its turn. The ids in it carry the clocks of those who wrote them, and one from next year would
 * keep the ring from turning. The sequence cannot be rolled back, the note of its turn can: it is then made good.
 */
const RECYCLE_OUTBOX = `
  create function recycle_outbox(retention interval) returns int language plpgsql
  security definer set search_path from current set lock_timeout = '2s' as $$
  declare
    current bigint; old bigint; leaf regclass; used boolean;
  begin
    if not pg_try_advisory_xact_lock(hashtextextended('seamline.ring.' || current_schema(), 0)) then return 0; end if;
    current := pg_sequence_last_value('outbox_id') >> 32;
    insert into outbox_ring (slot) values (current) on conflict do nothing;
    -- A clock that was ahead for a while must not make its slots ageless.
    update outbox_ring set started = now() where started > now();
    if (select started::date < current_date from outbox_ring where slot = current) then
      execute format('select exists (select 1 from %I)', 'outbox_' || (current + 1) % ${OUTBOX_SLOTS}) into used;
      if not used then
        current := current + 1;
        perform setval('outbox_id', current << 32);
        insert into outbox_ring (slot) values (current);
        delete from outbox_ring where slot <= current - ${OUTBOX_SLOTS};
      end if;
    end if;
    for old in
      select slot from outbox_ring left_one
       where slot < current
         and (select min(started) from outbox_ring next where next.slot > left_one.slot) <= now() - retention
       order by slot
    loop
      leaf := format('%I', 'outbox_' || old % ${OUTBOX_SLOTS});
      execute format('select exists (select 1 from %s)', leaf) into used;
      continue when not used or outbox_is_needed(leaf);
      begin
        execute format('lock table %s in access exclusive mode', leaf);
        -- Once more: who was writing into it until now has committed.
        if not outbox_is_needed(leaf) then
          execute format('truncate %s', leaf);
          return 1;
        end if;
      exception when lock_not_available then
        -- Somebody reads in it, as a dump does. Next time.
      end;
    end loop;
    return 0;
  end $$`;

/**
 * Forgets the ids of a slot whose newest is older than the horizon, and notes up to when. By the ids' own time, since that
 * is what a message is refused by. Answers how many slots it emptied, at most one; see above.
 */
const RECYCLE_INBOX = `
  create function recycle_inbox(horizon interval) returns int language plpgsql
  security definer set search_path from current set lock_timeout = '2s' as $$
  declare
    n int; newest uuid;
  begin
    perform 1 from inbox_memory for update skip locked;
    if not found then return 0; end if;
    for n in 0..${INBOX_SLOTS - 1} loop
      execute format('select event_id from %I where slot = %s order by event_id desc limit 1', 'inbox_' || n, n) into newest;
      continue when newest is null or uuid_time(newest) > now() - horizon;
      begin
        execute format('lock table %I in access exclusive mode', 'inbox_' || n);
        execute format('select event_id from %I where slot = %s order by event_id desc limit 1', 'inbox_' || n, n) into newest;
        if uuid_time(newest) <= now() - horizon then
          execute format('truncate %I', 'inbox_' || n);
          update inbox_memory set since = greatest(since, uuid_time(newest));
          return 1;
        end if;
      exception when lock_not_available then
        -- Somebody reads in it, as a dump does. Next time.
      end;
    end loop;
    return 0;
  end $$`;

/**
 * Transaction ids mean nothing in another cluster. After a dump was restored, all rows of a partition count as written
 * now and all its subscribers begin with the oldest; their inboxes drop what they have had.
 */
const BEGIN_HISTORY_ANEW = `
  create function begin_history_anew(which smallint) returns void language plpgsql
  security definer set search_path from current as $$
  begin
    update outbox set xid = pg_current_xact_id() where partition = which;
    insert into relay_position (subscriber, partition, move, s1, floor, last_id)
    select subscriber, which, max(move) + 1, '3:3:', 0, 0 from relay_position where partition = which group by subscriber;
    update relay set cluster = (select system_identifier from pg_control_system()) where partition = which;
  end $$`;

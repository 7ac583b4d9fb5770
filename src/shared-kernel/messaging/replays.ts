import { type Cursor, type OutboxRow, rowFrom } from './cursor.js';
import type { DirectConnection } from './direct-connection.js';
import { PAGE_BYTES, PAGE_ROWS, type Position } from './window.js';

type Deliver = (rows: readonly OutboxRow[], generation: number) => Promise<boolean>;

interface Replay {
  readonly id: string;
  readonly generation: string;
  readonly last_id: string;
}

/**
 * Sends retained history once more: to a subscriber that asked for a replay, as a new generation, and, as generation 0,
 * to one that subscribed to a type later and wants it from the beginning. A replay goes between two windows and before
 * anything newer, up to where the subscriber stands, so that of one key history comes before what follows.
 */
export class Replays {
  constructor(private readonly client: DirectConnection) {}

  async send({ subscriber, partition }: Cursor, { s1 }: Position, deliver: Deliver): Promise<void> {
    const waiting = await this.client.query<Replay>(
      'select id, generation, last_id from replay where subscriber = $1 and partition = $2 order by id',
      [subscriber, partition],
    );
    for (const replay of waiting) {
      if (!(await this.sendOne(replay, s1, deliver))) return;
      await this.client.query('delete from replay where id = $1', [replay.id]);
    }
  }

  private async sendOne({ id, generation, last_id }: Replay, upTo: string, deliver: Deliver): Promise<boolean> {
    for (let after = Number(last_id); ; ) {
      const rows = await this.page(id, upTo, after);
      const last = rows.at(-1);
      if (last === undefined) return true;
      if (!(await deliver(rows, Number(generation)))) return false;
      after = last.id;
      await this.client.query('update replay set last_id = $2 where id = $1', [id, after]);
    }
  }

  private async page(replay: string, upTo: string, after: number): Promise<OutboxRow[]> {
    const answers = await this.client.arrays({ name: 'replay-page', text: PAGE, values: [replay, upTo, after] });
    return answers.map((answer) => rowFrom(answer, 0));
  }
}

const PAGE = `
  select id, event_id, type, key, headers, payload from (
    select p.*, sum(octet_length(payload::text)) over (order by id) as bytes, row_number() over (order by id) as nth
      from (
        select o.id, o.event_id, o.type, o.key, o.headers, o.payload
          from replay r join outbox o on o.partition = r.partition
         where r.id = $1 and o.id > $3 and o.type = any (r.types) and pg_visible_in_snapshot(o.xid, $2::pg_snapshot)
           and (r.key is null or o.key = r.key)
           and (r.since is null or uuid_time(o.event_id) >= r.since)
           and (r.until is null or uuid_time(o.event_id) < r.until)
         order by o.id limit ${PAGE_ROWS}) p) sized
   where bytes <= ${PAGE_BYTES} or nth = 1
   order by id`;

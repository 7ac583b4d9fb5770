import type { Cursor } from './cursor.js';
import type { DirectConnection } from './direct-connection.js';
import { type OutboxRow, PAGE_SPAN, PageSize, pageColumns } from './page.js';
import type { Position } from './window.js';

type Deliver = (rows: readonly OutboxRow[], generation: number) => Promise<boolean>;

interface Replay {
  readonly id: string;
  readonly generation: string;
  readonly types: string[];
  readonly key: string | null;
  readonly since: Date | null;
  readonly until: Date | null;
  readonly last_id: string;
}

/** Rows of a replay, and the id up to which it has come with them; null at its end. */
interface ReplayPage {
  readonly rows: readonly OutboxRow[];
  readonly upTo: number | null;
}

/**
 * Sends retained history once more: to a subscriber that asked for a replay, as a new generation, and, as generation 0,
 * to one that subscribed to a type later and wants it from the beginning. A replay goes before anything newer, up to
 * where the subscriber stands, so that of one key history comes before what follows.
 */
export class Replays {
  constructor(private readonly client: DirectConnection) {}

  async send({ subscriber, partition }: Cursor, position: Position, deliver: Deliver): Promise<void> {
    const waiting = await this.client.query<Replay>(
      `select id, generation, types, key, since, until, last_id from replay
        where subscriber = $1 and partition = $2 order by id`,
      [subscriber, partition],
    );
    for (const replay of waiting) {
      if (!(await this.sendOne(replay, partition, position, deliver))) return;
      await this.client.query('delete from replay where id = $1', [replay.id]);
    }
  }

  private async sendOne(replay: Replay, partition: number, position: Position, deliver: Deliver): Promise<boolean> {
    const size = new PageSize();
    for (let after = Number(replay.last_id); ; ) {
      const { rows, upTo } = await this.page(replay, partition, position, after, size);
      if (rows.length > 0 && !(await deliver(rows, Number(replay.generation)))) return false;
      if (upTo === null) return true;
      after = upTo;
      await this.client.query('update replay set last_id = $2 where id = $1', [replay.id, after]);
    }
  }

  private async page(
    { types, key, since, until }: Replay,
    partition: number,
    { s1, s2, lastId }: Position,
    after: number,
    size: PageSize,
  ): Promise<ReplayPage> {
    const { limit } = size;
    const values = [partition, after, types, s1, s2, lastId, key, since, until, limit];
    const answers = await this.client.arrays({ name: 'replay-page', text: PAGE, values });
    const beyond: number | null = JSON.parse(answers[0]?.[1] as string);
    const rows = size.cut(answers, 1);
    const found = answers.length - 1;
    if (rows.length < found || found === limit) return { rows, upTo: rows.at(-1)?.id ?? after };
    return { rows, upTo: beyond === null ? null : beyond - 1 };
  }
}

/**
 * $1 partition, $2 after which id, $3 types, $4 s1, $5 s2, $6 last id sent in that window, $7 key, $8 since, $9 until,
 * $10 limit. A page looks at so many ids at most, and its first row says with which it could go on; most of them may not
 * be meant.
 */
const PAGE = `
  select null::bigint as id, to_json((
           select id from outbox where partition = $1 and id > $2::bigint + ${PAGE_SPAN} order by id limit 1)) as envelope
  union all
  (select ${pageColumns('$10')} from outbox
    where partition = $1 and id > $2::bigint and id <= $2::bigint + ${PAGE_SPAN} and type = any ($3::text[])
      and (pg_visible_in_snapshot(xid, $4::pg_snapshot)
           or $5::pg_snapshot is not null and pg_visible_in_snapshot(xid, $5::pg_snapshot) and id <= $6::bigint)
      and ($7::text is null or key = $7)
      and ($8::timestamptz is null or uuid_time(event_id) >= $8)
      and ($9::timestamptz is null or uuid_time(event_id) < $9)
    order by id limit $10)`;

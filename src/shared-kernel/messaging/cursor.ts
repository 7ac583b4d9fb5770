import type { DirectConnection } from './direct-connection.js';
import { type OutboxRow, PageSize } from './page.js';
import {
  BEGINNING,
  covers,
  type Drawn,
  lastDrawn,
  type Position,
  pageAfter,
  positionAfter,
  type Seen,
} from './window.js';

export interface Page {
  readonly rows: readonly OutboxRow[];
  /** Where the subscriber stands once these rows have been taken. */
  readonly next: Position;
  /** A replay waits to be sent before anything newer. */
  readonly replays: boolean;
}

/** Another relay has taken over the partition; this one has nothing to say any more. */
export class Superseded extends Error {
  constructor() {
    super('another relay has taken over; standing by.');
  }
}

/** Where one subscriber stands with one partition of an outbox, and the reading from there. */
export class Cursor {
  private move = 0;
  private readonly size: PageSize;

  /** @param drawn shared by all cursors of a relay */
  constructor(
    private readonly client: DirectConnection,
    private readonly drawn: Drawn,
    readonly subscriber: string,
    readonly partition: number,
    private readonly epoch: number,
    most?: number,
  ) {
    this.size = new PageSize(most);
  }

  async restore(): Promise<Position> {
    const [kept] = await this.client.query<Record<'move' | 's1' | 'floor' | 's2' | 'next_floor' | 'last_id', string>>(
      `select move, s1::text, floor, s2::text, next_floor, last_id from relay_position
        where subscriber = $1 and partition = $2 order by move desc limit 1`,
      [this.subscriber, this.partition],
    );
    if (!kept) return BEGINNING;
    this.move = Number(kept.move);
    return {
      s1: kept.s1,
      floor: Number(kept.floor),
      s2: kept.s2 ?? null,
      nextFloor: Number(kept.next_floor ?? 0),
      lastId: Number(kept.last_id),
    };
  }

  /** The page after `position`; with a window open, its end is the window's, else a new window is opened. */
  async read(position: Position): Promise<Page> {
    for (;;) {
      const { last } = this.drawn;
      const { limit } = this.size;
      const query = pageAfter(position, this.partition, this.subscriber, limit, this.drawn);
      const answers = await this.client.arrays(query);
      const seen = seenIn(answers);
      this.drawn.last = Math.max(this.drawn.last, seen.lastDrawn);
      if (!covers(last, seen)) continue;
      const rows = this.size.cut(answers, 1);
      const found = answers.length - 1;
      if (rows.length === 0 && found > 0) continue;
      const next = positionAfter(position, seen, rows, found < limit && rows.length === found, this.drawn);
      return { rows, next, replays: seen.replays };
    }
  }

  /** @throws Superseded when this relay's epoch is not the newest. */
  async keep({ s1, floor, s2, nextFloor, lastId }: Position): Promise<void> {
    const move = this.move + 1;
    const { last } = this.drawn;
    const [kept] = await this.client.query<{ xid: string }>(
      `insert into relay_position (subscriber, partition, move, s1, floor, s2, next_floor, last_id)
       select $1, $2, $3, $4, $5, $6, $7, $8 from relay where partition = $2 and epoch = $9
       on conflict do nothing returning pg_current_xact_id()::text as xid`,
      [this.subscriber, this.partition, move, s1, floor, s2, nextFloor, lastId, this.epoch],
    );
    if (!kept) throw new Superseded();
    this.move = move;
    this.drawn.settle(BigInt(kept.xid), last);
    // Now and then is enough; the newest few stay.
    if (move % 100 === 0) await this.forget(move - 10);
  }

  /** Whether something may have come since `position`: an id was drawn above its floor, or one who was running may have finished. */
  mayHaveMore(position: Position): boolean {
    return position.s2 !== null || this.drawn.last > position.floor || !position.s1.endsWith(':');
  }

  private async forget(before: number): Promise<void> {
    await this.client.query('delete from relay_position where subscriber = $1 and partition = $2 and move < $3', [
      this.subscriber,
      this.partition,
      before,
    ]);
  }
}

interface Said extends Omit<Seen, 'lastDrawn'> {
  /** Null where the role may not know. */
  readonly lastDrawn: string | null;
}

function seenIn([first]: readonly unknown[][]): Seen {
  if (!first) throw new Error('The server answered no snapshot.');
  const said: Said = JSON.parse(first[1] as string);
  return { ...said, lastDrawn: lastDrawn(said.lastDrawn) };
}

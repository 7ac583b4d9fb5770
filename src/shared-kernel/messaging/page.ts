/** One row of an outbox. Written by us, but nothing keeps an operator's hands off it. */
export interface OutboxRow {
  readonly id: number;
  /** JSON, as the outbox holds it. */
  readonly envelope: string;
}

/** Rows a page, and so a batch: the receiver takes a batch in one transaction. */
export const PAGE_ROWS = 500;
/** Of envelopes; a page has at least one row, however large. Below what NATS takes by default. */
export const PAGE_BYTES = 512 * 1024;
/**
 * What a statement may answer, and so what is read in vain, at most. In bytes. So much that among a full page of others a
 * message of 30 KB is read along: one that is left out costs a reading in vain and batches of its own.
 */
export const MOST_READ = 16 * 1024 * 1024;

/** Ids that a page looks at, at most: most of them may be of no interest to the subscriber, and a statement must not run long. */
export const PAGE_SPAN = 400_000;

/**
 * The columns of a page's rows, for a statement that asks for as many as its placeholder `limit` says. What is too large
 * to be read together with so many is left out, so that memory is bounded without adding up sizes in the database, which
 * would take longer than reading the page.
 */
export function pageColumns(limit: string): string {
  const fits = `${limit}::int = 1 or pg_column_size(envelope) <= ${MOST_READ} / ${limit}::int`;
  return `id, case when ${fits} then envelope end as envelope`;
}

/** How many rows are read at once: as many as make a batch if they are as large as those before them. */
export class PageSize {
  private rows: number;

  constructor(private readonly most = PAGE_ROWS) {
    this.rows = most;
  }

  get limit(): number {
    return this.rows;
  }

  /**
   * Those of the rows found, from `first` on, that make a batch: the rest is read again. None where the first one has to
   * be read alone, which the next page does.
   */
  cut(found: readonly unknown[][], first: number): OutboxRow[] {
    const rows: OutboxRow[] = [];
    let bytes = 0;
    for (let n = first; n < found.length; n++) {
      const [id, envelope] = found[n] as [string, string | null];
      if (envelope === null) break;
      const together = bytes + Buffer.byteLength(envelope);
      if (together > PAGE_BYTES && rows.length > 0) break;
      bytes = together;
      rows.push({ id: Number(id), envelope });
    }
    if (found.length > first) this.expect(rows.length === 0 ? PAGE_BYTES : bytes / rows.length);
    return rows;
  }

  private expect(bytes: number): void {
    this.rows = Math.min(this.most, Math.max(1, Math.floor(PAGE_BYTES / bytes)));
  }
}

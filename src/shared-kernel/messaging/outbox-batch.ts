import type { Envelope } from '../contract/envelope.js';
import type { Batch } from '../transports/transport.js';
import type { OutboxRow } from './page.js';

/**
 * A batch on its way out of an outbox. Its messages are read where the receiver lives in this process; to another app
 * they go as the outbox holds them, and nobody reads them on the way.
 */
export class OutboxBatch implements Batch {
  private read: readonly Envelope[] | undefined;

  constructor(
    readonly source: string,
    readonly subscriber: string,
    readonly partition: number,
    readonly epoch: number,
    readonly number: number,
    readonly generation: number,
    private readonly rows: readonly OutboxRow[],
  ) {}

  get messages(): readonly Envelope[] {
    this.read ??= this.rows.map(({ envelope }) => JSON.parse(envelope));
    return this.read;
  }

  written(): readonly string[] {
    return this.rows.map(({ envelope }) => onOneLine(envelope));
  }
}

/** As it is written here; not so where an operator has had a hand in it. In JSON a line feed is never but white space. */
function onOneLine(json: string): string {
  return json.replaceAll('\n', ' ');
}

import type { Envelope } from '../contract/envelope.js';
import type { Batch } from '../transports/transport.js';
import type { OutboxRow } from './cursor.js';

/**
 * A batch on its way out of an outbox. Its messages are made where the receiver lives in this process; for another app
 * they are written of what the rows hold, which is JSON already: neither headers nor payload are read.
 */
export class OutboxBatch implements Batch {
  private made: readonly Envelope[] | undefined;

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
    this.made ??= this.rows.map((row) => toEnvelope(this.source, row));
    return this.made;
  }

  written(): string {
    const { source, subscriber, partition, epoch, number, generation } = this;
    const around = JSON.stringify({ source, subscriber, partition, epoch, number, generation });
    return `${around.slice(0, -1)},"messages":[${this.rows.map((row) => writtenEnvelope(source, row)).join(',')}]}`;
  }
}

/** Of the headers only the ones that an envelope has: whatever else stands there must not change what the row is. */
const HEADERS = ['causationid', 'traceparent', 'tracestate', 'sequence'] as const;

export function toEnvelope(source: string, row: OutboxRow): Envelope {
  const headers: Partial<Record<string, string>> = JSON.parse(row.headers) ?? {};
  const envelope: Envelope = {
    specversion: '1.0',
    id: row.eventId,
    source: `/${source}`,
    type: row.type,
    subject: row.key,
    time: headers.time ?? '',
    datacontenttype: 'application/json',
    correlationid: headers.correlationid ?? row.eventId,
    data: JSON.parse(row.payload),
  };
  for (const name of HEADERS) if (headers[name] !== undefined) envelope[name] = headers[name];
  return envelope;
}

/** Headers as they are written here, and nothing beside them: these may go into an envelope as they stand. */
const OUR_HEADERS = new RegExp(
  `^\\{"time":"[^"\\\\]*","correlationid":"[^"\\\\]*"${HEADERS.map((name) => `(?:,"${name}":"[^"\\\\]*")?`).join('')}\\}$`,
);

function writtenEnvelope(source: string, row: OutboxRow): string {
  const { eventId, type, key, headers, payload } = row;
  if (!OUR_HEADERS.test(headers)) return JSON.stringify(toEnvelope(source, row));
  const ours = `{"specversion":"1.0","id":"${eventId}","source":"/${source}","type":${JSON.stringify(type)}`;
  return `${ours},"subject":${JSON.stringify(key)},"datacontenttype":"application/json",${headers.slice(1, -1)},"data":${payload}}`;
}

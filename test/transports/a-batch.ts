import type { Envelope } from '#kernel/contract/envelope';
import type { Batch } from '#kernel/transports/transport';

/** A batch of one message, and what a test wants to be otherwise. */
export function batch(changes: Partial<Batch> = {}): Batch {
  return {
    source: 'shop',
    subscriber: 'books',
    partition: 0,
    epoch: 1,
    number: 1,
    generation: 0,
    messages: [message('k')],
    ...changes,
  };
}

export function message(key: string): Envelope {
  return {
    specversion: '1.0',
    id: '01936f0e-7b5a-7000-8000-000000000001',
    source: '/shop',
    type: 'shop.sold.v1',
    subject: key,
    time: '2026-01-01T00:00:00.000Z',
    datacontenttype: 'application/json',
    correlationid: 'c',
    data: { key },
  };
}

import { v7 as uuidv7 } from 'uuid';
import type { Envelope } from '../contract/envelope.js';
import type { MessageType, Payload } from '../contract/message.js';
import type { Transaction } from '../persistence/unit-of-work.js';
import { toOutgoing } from './outbox.js';

/** A message of a module to itself, due later. A row like any other: it survives whatever the process does not. */
export async function delay<Type extends MessageType>(
  tx: Transaction,
  type: Type,
  payload: Payload<Type>,
  milliseconds: number,
): Promise<void> {
  const { eventId, key, headers, payload: data } = toOutgoing(type, payload);
  const { time, correlationid, ...extensions } = headers;
  const envelope: Envelope = {
    specversion: '1.0',
    id: eventId,
    source: `/${tx.module}`,
    type: type.name,
    subject: key,
    time,
    datacontenttype: 'application/json',
    correlationid: correlationid ?? uuidv7(),
    ...withoutUndefined(extensions),
    data: data as Record<string, unknown>,
  };
  await tx.query(
    `insert into delayed (subscriber, envelope, due_at) values ($1, $2, now() + $3 * interval '1 millisecond')`,
    [tx.module, JSON.stringify(envelope), milliseconds],
  );
}

interface Delayed {
  readonly id: string;
  readonly subscriber: string;
  readonly envelope: Envelope;
}

/** Takes the next delayed message whose time has come out of its row, in the transaction of its effect. */
export async function takeDelayed(tx: Transaction): Promise<Delayed | undefined> {
  const [row] = await tx.query<Delayed>(
    `delete from delayed where id = (
       select id from delayed where due_at <= now() order by due_at limit 1 for update skip locked)
     returning id, subscriber, envelope`,
  );
  return row;
}

/** Takes out this very message after its effect was rolled back; false when another process has had it meanwhile. */
export async function removeDelayed(tx: Transaction, { id }: Delayed): Promise<boolean> {
  const removed = await tx.query('delete from delayed where id = $1 returning id', [id]);
  return removed.length > 0;
}

function withoutUndefined(headers: Record<string, string | undefined>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
}

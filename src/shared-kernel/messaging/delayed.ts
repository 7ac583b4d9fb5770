import type { Envelope } from '../contract/envelope.js';
import type { MessageType, Payload } from '../contract/message.js';
import type { Transaction } from '../persistence/unit-of-work.js';
import { toOutgoing } from './outbox.js';
import { parkBehind } from './parked.js';

/** Messages whose time has come are moved by so many. */
const MOVE = 100;

/** A message of a module to itself, due later. A row like any other: it survives whatever the process does not. */
export function delay<Type extends MessageType>(
  tx: Transaction,
  type: Type,
  payload: Payload<Type>,
  milliseconds: number,
): void {
  const { envelope } = toOutgoing(tx.module, type, payload);
  tx.execute(`insert into delayed (envelope, due_at) values ($1, now() + $2 * interval '1 millisecond')`, [
    envelope,
    milliseconds,
  ]);
}

/** Moves delayed messages whose time has come to the parked ones, behind those of their key. Answers how many. */
export async function moveDue(tx: Transaction): Promise<number> {
  const due = await tx.query<{ envelope: Envelope }>(
    `with due as (
       delete from delayed where id in (
         select id from delayed where due_at <= now() order by due_at, id limit ${MOVE} for update skip locked)
       returning id, envelope, due_at)
     select envelope from due order by due_at, id`,
  );
  // What stands in the envelope is read here: PostgreSQL reads no JSON text in which some string has a NUL.
  for (const { envelope } of due) parkBehind(tx, envelope);
  return due.length;
}

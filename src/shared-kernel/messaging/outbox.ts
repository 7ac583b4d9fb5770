import type { SqlEntityManager } from '@mikro-orm/postgresql';
import { v7 as uuidv7 } from 'uuid';
import type { MessageType, Payload } from '../contract/message.js';
import { rows } from '../persistence/rows.js';
import { currentContext } from '../telemetry/context.js';

/** A message on its way into the outbox, validated and with its headers taken from the context it was published in. */
export interface Outgoing {
  eventId: string;
  type: string;
  key: string;
  headers: Headers;
  payload: unknown;
}

interface Headers {
  time: string;
  correlationid: string;
  causationid?: string | undefined;
  traceparent?: string | undefined;
  tracestate?: string | undefined;
  sequence?: string | undefined;
}

/** Larger things belong in a store of their own, with a reference in the message. In bytes of JSON. */
const MAX_PAYLOAD_BYTES = 256 * 1024;

/** A producer's message does not keep its own contract. Nothing was stored. */
export class ContractViolation extends Error {
  constructor(type: string, problem: string) {
    super(`${type} was not published: ${problem}`);
  }
}

/** @throws ContractViolation when the payload breaks the closed schema or is larger than 256 KiB. */
export function toOutgoing<Type extends MessageType>(type: Type, payload: Payload<Type>, sequence?: number): Outgoing {
  const checked = type.schema.safeParse(payload);
  if (!checked.success) {
    const issues = checked.error.issues.map((issue) => `${issue.path.join('.') || 'payload'}: ${issue.message}`);
    throw new ContractViolation(type.name, issues.join('; '));
  }
  const bytes = Buffer.byteLength(JSON.stringify(checked.data));
  if (bytes > MAX_PAYLOAD_BYTES) {
    throw new ContractViolation(type.name, `it has ${bytes} bytes, and at most ${MAX_PAYLOAD_BYTES} may travel.`);
  }
  const data = checked.data as Record<string, unknown>;
  return address(type.name, String(data[type.key]), data, sequence);
}

/** Gives a payload that has been checked before its id and headers: sent now, caused by what is being handled now. */
export function address(type: string, key: string, payload: unknown, sequence?: number): Outgoing {
  return { eventId: uuidv7(), type, key, headers: headers(sequence), payload };
}

function headers(sequence?: number): Headers {
  const context = currentContext();
  return {
    time: new Date().toISOString(),
    correlationid: context?.correlationId ?? uuidv7(),
    causationid: context?.causationId,
    traceparent: context?.traceparent,
    tracestate: context?.tracestate,
    sequence: sequence?.toString(),
  };
}

/**
 * The last statement of a transaction. With nothing to append it still asks the server something: a transaction
 * whose failed statement was swallowed answers COMMIT with ROLLBACK and no error, and here it fails loudly instead.
 */
export async function appendToOutbox(em: SqlEntityManager, messages: Outgoing[]): Promise<void> {
  if (messages.length === 0) {
    await rows(em, 'select 1');
    return;
  }
  await rows(
    em,
    `insert into outbox (event_id, type, key, headers, payload)
     select event_id, type, key, headers, payload
       from unnest($1::uuid[], $2::text[], $3::text[], $4::jsonb[], $5::jsonb[])
            with ordinality as m (event_id, type, key, headers, payload, position)
      order by position`,
    [
      messages.map((m) => m.eventId),
      messages.map((m) => m.type),
      messages.map((m) => m.key),
      messages.map((m) => JSON.stringify(m.headers)),
      messages.map((m) => JSON.stringify(m.payload)),
    ],
  );
}

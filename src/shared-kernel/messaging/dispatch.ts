import { Envelope, sourceModule } from '../contract/envelope.js';
import type { Transaction, UnitOfWork } from '../persistence/unit-of-work.js';
import { childTraceparent, runInContext, type TelemetryContext } from '../telemetry/context.js';
import type { BoundSubscription, Message } from './subscriptions.js';

/** This module will never be able to take this message as it is: waiting and trying again cannot help. */
export class Unacceptable extends Error {}

/** Finds a message's handlers in one module, checks its contract and runs them inside the given transaction. */
export class Dispatch {
  private readonly byType = new Map<string, BoundSubscription[]>();

  constructor(
    private readonly module: string,
    private readonly unitOfWork: UnitOfWork,
    subscriptions: readonly BoundSubscription[],
  ) {
    for (const subscription of subscriptions) {
      const { name } = subscription.type;
      this.byType.set(name, [...(this.byType.get(name) ?? []), subscription]);
    }
  }

  /** @throws Unacceptable for an unknown type or a payload that breaks its contract; whatever a handler throws. */
  async handle(envelope: Envelope, tx: Transaction): Promise<void> {
    const subscriptions = this.byType.get(envelope.type);
    if (!subscriptions) throw new Unacceptable(`${this.module} has no handler for ${envelope.type}.`);
    const message = read(envelope, subscriptions[0] as BoundSubscription);
    const inner = tx.nested();
    try {
      await runInContext(contextOf(this.module, envelope), () =>
        this.unitOfWork.within(inner, async () => {
          for (const { handle } of subscriptions) await handle(message, inner, envelope);
        }),
      );
      await inner.em.flush();
    } finally {
      inner.end();
    }
  }
}

/** The telemetry context of handling a message: part of what caused it. */
export function contextOf(module: string, envelope: Envelope): TelemetryContext {
  return {
    module,
    correlationId: envelope.correlationid,
    causationId: envelope.id,
    traceparent: childTraceparent(envelope.traceparent),
    ...(envelope.tracestate === undefined ? {} : { tracestate: envelope.tracestate }),
  };
}

function read(envelope: Envelope, { type }: BoundSubscription): Message {
  const wellFormed = Envelope.safeParse(envelope);
  if (!wellFormed.success)
    throw new Unacceptable(`The envelope of ${envelope.type} is broken: ${wellFormed.error.message}`);
  const payload = type.reading.safeParse(envelope.data);
  if (!payload.success) {
    const issues = payload.error.issues.map((issue) => `${issue.path.join('.') || 'payload'}: ${issue.message}`);
    throw new Unacceptable(`The payload breaks the contract of ${envelope.type}: ${issues.join('; ')}`);
  }
  return {
    id: envelope.id,
    type: envelope.type,
    source: sourceModule(envelope),
    key: envelope.subject,
    time: new Date(envelope.time),
    correlationId: envelope.correlationid,
    payload: payload.data,
  };
}

import { Envelope, sourceModule } from '../contract/envelope.js';
import { type MessageType, NAME } from '../contract/message.js';
import { readBy } from '../contract/quick-reader.js';
import { readAs, versionsOf } from '../contract/upcast.js';
import { asError } from '../persistence/failures.js';
import type { Transaction, UnitOfWork } from '../persistence/unit-of-work.js';
import { childTraceparent, runInContext, type TelemetryContext } from '../telemetry/context.js';
import { isRecord } from './is-record.js';
import type { BoundSubscription, Message } from './subscriptions.js';

/** This module will never be able to take this message as it is: waiting and trying again cannot help. */
export class Unacceptable extends Error {}

/** Nobody here handles the type. Another version of the program may. */
export class UnknownType extends Unacceptable {}

/** A handler failed at this message, as far as can be told. */
export class HandlerFailed extends Error {
  constructor(
    readonly envelope: Envelope,
    override readonly cause: Error,
  ) {
    super(cause.message, { cause });
  }
}

/** A handler has not come to its end; what it still does is undone or refused. */
class HandlerTooSlow extends Error {
  constructor(milliseconds: number) {
    super(`Its handler did not end within ${milliseconds} ms, which is the deadline of its subscription.`);
  }
}

/** Well within the time for which a transaction may say nothing. In milliseconds. */
const AWAKE_EVERY = 2_000;

/** A message that its module can take, with those who take it. */
export interface Acceptable {
  readonly envelope: Envelope;
  readonly message: Message;
  readonly handlers: readonly BoundSubscription[];
}

/** Messages of one type that are handled together; only one, where no handler takes batches. */
type Step = Acceptable[];

/** Finds the handlers of messages in one module, checks the contracts and runs them inside the given transaction. */
export class Dispatch {
  private readonly byType = new Map<string, BoundSubscription[]>();

  constructor(
    private readonly module: string,
    private readonly unitOfWork: UnitOfWork,
    subscriptions: readonly BoundSubscription[],
  ) {
    for (const subscription of subscriptions) {
      for (const { name } of versionsOf(subscription.type))
        this.byType.set(name, [...(this.byType.get(name) ?? []), subscription]);
    }
    mustReadOneVersion(module, this.byType);
  }

  /** The types that somebody here handles, as themselves or as a newer version. */
  get types(): string[] {
    return [...this.byType.keys()];
  }

  /** Whether a dead letter of this type holds up its key. */
  holdsKey(type: string): boolean {
    return this.byType.get(type)?.some(({ options }) => options.afterDeadLetter === 'waits') ?? false;
  }

  /**
   * Handles messages in order per key.
   * @throws HandlerFailed for the first that fails, where that can be told; whatever a batch handler throws, else
   */
  async handle(messages: readonly Acceptable[], tx: Transaction): Promise<void> {
    const alarm = new Alarm();
    let heard = performance.now();
    try {
      for (const step of stepsOf(messages)) {
        await this.take(step, tx, alarm);
        // Many that say nothing to the database for a moment make a transaction that says nothing for long.
        if (performance.now() - heard < AWAKE_EVERY) continue;
        tx.stayAwake();
        heard = performance.now();
      }
    } finally {
      alarm.off();
    }
  }

  /** @throws Unacceptable for an unknown type, a broken envelope or a payload that breaks its contract. */
  accept(envelope: Envelope): Acceptable {
    const handlers = this.byType.get(envelope.type);
    if (!handlers) throw new UnknownType(`${this.module} has no handler for ${envelope.type}.`);
    return { envelope, message: read(envelope, handlers[0] as BoundSubscription), handlers };
  }

  private async take(step: Step, tx: Transaction, alarm: Alarm): Promise<void> {
    const [{ envelope, handlers }] = step as [Acceptable];
    const blame = (error: unknown) => {
      if (error instanceof HandlerFailed || step.length > 1) return asError(error);
      return new HandlerFailed(envelope, asError(error));
    };
    const inner = tx.nested(blame);
    try {
      const messages = step.map(({ message }) => message);
      const envelopes = step.map((each) => each.envelope);
      const deadline = Math.min(...handlers.map(({ options }) => options.deadline));
      const context = { ...contextOf(this.module, envelope), deadline: performance.now() + deadline };
      const running = runInContext(context, () =>
        this.unitOfWork.within(inner, () => callAll(handlers, messages, envelopes, inner)),
      );
      if (running) await alarm.before(deadline, running, () => inner.stayAwake());
      await inner.flush();
      inner.mustBeSound();
    } catch (error) {
      inner.giveUp();
      throw blame(error);
    }
    inner.end();
  }
}

/** Calls one after the other; what all of them do at once needs no waiting. */
function callAll(
  handlers: readonly BoundSubscription[],
  messages: readonly Message[],
  envelopes: readonly Envelope[],
  tx: Transaction,
): Promise<void> | undefined {
  const [only, ...others] = handlers;
  if (others.length === 0) return only?.handle(messages, tx, envelopes) || undefined;
  return (async () => {
    for (const handler of handlers) {
      if (handler.inBatches) await handler.handle(messages, tx, envelopes);
      else
        for (let n = 0; n < messages.length; n++)
          await handler.handle([messages[n] as Message], tx, [envelopes[n] as Envelope]);
    }
  })();
}

/**
 * Puts messages that a batch handler takes together, as far as no key's order is changed: a message may join an earlier
 * step of its type unless a later step has one of its key.
 */
export function stepsOf(messages: readonly Acceptable[]): Step[] {
  const steps: Step[] = [];
  const lastOfKey = new Map<string, number>();
  const openOfType = new Map<string, number>();
  for (const each of messages) {
    const { subject, type } = each.envelope;
    const open = each.handlers.some(({ inBatches }) => inBatches) ? openOfType.get(type) : undefined;
    const joins = open !== undefined && open >= (lastOfKey.get(subject) ?? 0);
    if (joins) steps[open]?.push(each);
    else steps.push([each]);
    const at = joins ? open : steps.length - 1;
    lastOfKey.set(subject, at);
    if (!joins) openOfType.set(type, at);
  }
  return steps;
}

/** One timer for all handlers of a batch. */
class Alarm {
  private timer: NodeJS.Timeout | undefined;
  private ring: ((error: Error) => void) | undefined;

  /** @param stayAwake called while it runs, so that the server does not take a slow handler for a frozen process */
  before(milliseconds: number, running: Promise<void>, stayAwake: () => void): Promise<void> {
    return new Promise<void>((resolve, reject) => {
      this.ring = reject;
      running.then(resolve, reject);
      this.set(milliseconds, milliseconds, stayAwake);
    }).finally(() => {
      this.ring = undefined;
    });
  }

  off(): void {
    clearTimeout(this.timer);
  }

  private set(deadline: number, left: number, stayAwake: () => void): void {
    clearTimeout(this.timer);
    const wait = Math.min(left, AWAKE_EVERY);
    this.timer = setTimeout(() => {
      if (left <= wait) this.ring?.(new HandlerTooSlow(deadline));
      else if (this.ring) {
        stayAwake();
        this.set(deadline, left - wait, stayAwake);
      }
    }, wait);
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

/**
 * A fact that is published in two versions has one id, by which it is taken once: as whichever comes first. So all handlers
 * of a module must be able to take it as that.
 * @throws when they are not; lists every such message
 */
function mustReadOneVersion(module: string, byType: ReadonlyMap<string, readonly BoundSubscription[]>): void {
  const problems = [...byType].flatMap(([name, handlers]) => {
    const read = [...new Set(handlers.map(({ type }) => type.name))];
    if (read.length < 2) return [];
    const newest = read.toSorted(byMajor).at(-1);
    return [`  It reads ${name} as ${read.join(' and as ')}: let all of its handlers take ${newest}.`];
  });
  if (problems.length > 0) throw new Error(`Module "${module}" cannot start:\n${problems.join('\n')}`);
}

function byMajor(one: string, other: string): number {
  return Number(NAME.exec(one)?.groups?.major) - Number(NAME.exec(other)?.groups?.major);
}

function read(envelope: Envelope, { type }: BoundSubscription): Message {
  mustBeWellFormed(envelope);
  const payload = payloadOf(envelope, type);
  return {
    id: envelope.id,
    type: type.name,
    source: sourceModule(envelope),
    key: envelope.type === type.name ? envelope.subject : String((payload as Record<string, unknown>)[type.key]),
    time: new Date(envelope.time),
    correlationId: envelope.correlationid,
    payload,
  };
}

/** The id was looked at when it came, and the data, which is not copied for this, has a contract of its own. */
const Around = Envelope.omit({ id: true, data: true });

function mustBeWellFormed(envelope: Envelope): void {
  if (isRecord(envelope.data) && readBy(Around, envelope).success) return;
  const { success, error } = Envelope.safeParse(envelope);
  if (!success) throw new Unacceptable(`The envelope of ${envelope.type} is broken: ${error.message}`);
}

function payloadOf(envelope: Envelope, type: MessageType): Message['payload'] {
  const asWhat = envelope.type === type.name ? envelope.type : `${envelope.type} as ${type.name}`;
  const payload = upcastOf(envelope, type, asWhat);
  if (payload?.success) return payload.data;
  const issues = payload?.error.issues.map((issue) => `${issue.path.join('.') || 'payload'}: ${issue.message}`) ?? [];
  throw new Unacceptable(`The payload breaks the contract of ${asWhat}: ${issues.join('; ')}`);
}

function upcastOf(envelope: Envelope, type: MessageType, asWhat: string) {
  try {
    return readAs(type, envelope.type, envelope.data);
  } catch (error) {
    throw new Unacceptable(`It cannot be read ${asWhat}: ${asError(error).message}`);
  }
}

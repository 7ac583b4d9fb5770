import 'reflect-metadata';
import type { Envelope } from '../contract/envelope.js';
import type { MessageType, Payload } from '../contract/message.js';
import type { Transaction } from '../persistence/unit-of-work.js';
import type { Start } from './subscribers.js';

/** A received message, its payload checked against the contract. */
export interface Message<Type extends MessageType = MessageType> {
  readonly id: string;
  readonly type: string;
  /** The module it came from. */
  readonly source: string;
  readonly key: string;
  readonly time: Date;
  readonly correlationId: string;
  readonly payload: Payload<Type>;
}

/**
 * What a module does with a message: plain work inside the transaction that also marks the message as taken. When it
 * throws, none of its effects remain and the message comes again.
 */
export type Handler<Type extends MessageType = MessageType> = (
  message: Message<Type>,
  tx: Transaction,
) => Promise<void> | void;

/**
 * The same for many messages at once, in order per key: one statement, or one flush, for all of them. When it throws it
 * is called again with fewer, down to the one that is at fault.
 */
export type BatchHandler<Type extends MessageType = MessageType> = (
  messages: readonly Message<Type>[],
  tx: Transaction,
) => Promise<void> | void;

/** What a subscription declares beside its message type. */
export interface SubscriptionOptions {
  /** Where it starts when it is new to a running system: with what the sender still retains, or with what comes. */
  readonly from?: Start;
  /** After a dead letter its key goes on with the next message, or waits until a person retries or discards it. */
  readonly afterDeadLetter?: 'goes-on' | 'waits';
  /** A handler that takes longer, for a message or for a batch, is cut off and has failed. In milliseconds. */
  readonly deadline?: number;
  /** Whether history may be sent to it once more: a projection can bear that, a charged card cannot. */
  readonly replayable?: boolean;
}

export const DEFAULTS: Required<SubscriptionOptions> = {
  from: 'beginning',
  afterDeadLetter: 'goes-on',
  deadline: 30_000,
  replayable: false,
};

export interface Subscription {
  readonly type: MessageType;
  readonly method: string;
  readonly inBatches: boolean;
  readonly options: SubscriptionOptions;
}

/** What a sender needs to know of a subscription. */
export interface Subscribed {
  readonly type: MessageType;
  readonly options: Required<SubscriptionOptions>;
}

/** A handler, bound and ready: what the receiver calls. */
export interface BoundSubscription extends Subscribed {
  readonly inBatches: boolean;
  /** With one message unless it takes batches. */
  readonly handle: (
    messages: readonly Message[],
    tx: Transaction,
    envelopes: readonly Envelope[],
  ) => Promise<void> | void;
}

const SUBSCRIPTIONS = 'seamline:subscriptions';

type Decorator<Signature> = <Method extends Signature>(
  target: object,
  method: string,
  descriptor: TypedPropertyDescriptor<Method>,
) => void;

function subscribe(
  type: MessageType,
  options: SubscriptionOptions,
  inBatches: boolean,
): (target: object, method: string) => void {
  return (target, method) => {
    const already: Subscription[] = Reflect.getOwnMetadata(SUBSCRIPTIONS, target.constructor) ?? [];
    const subscription: Subscription = { type, method, options, inBatches };
    Reflect.defineMetadata(SUBSCRIPTIONS, [...already, subscription], target.constructor);
  };
}

/** Calls the method for every such event of another module, or of its own. */
export function Subscribe<Type extends MessageType>(
  event: Type & { kind: 'event' },
  options: SubscriptionOptions = {},
): Decorator<Handler<Type>> {
  return subscribe(event, options, false);
}

/** Calls the method with all such events of a batch. */
export function SubscribeInBatches<Type extends MessageType>(
  event: Type & { kind: 'event' },
  options: SubscriptionOptions = {},
): Decorator<BatchHandler<Type>> {
  return subscribe(event, options, true);
}

/** Makes the method the one receiver of a command that this module owns. */
export function Handle<Type extends MessageType>(
  command: Type & { kind: 'command' },
  options: SubscriptionOptions = {},
): Decorator<Handler<Type>> {
  return subscribe(command, options, false);
}

/** Makes the method the one receiver of a command, with all of a batch at once. */
export function HandleInBatches<Type extends MessageType>(
  command: Type & { kind: 'command' },
  options: SubscriptionOptions = {},
): Decorator<BatchHandler<Type>> {
  return subscribe(command, options, true);
}

/** The subscriptions that a class declares with @Subscribe, @Handle and their like, in the order of its methods. */
export function subscriptionsOf(subscriber: abstract new (...args: never[]) => unknown): readonly Subscription[] {
  return Reflect.getOwnMetadata(SUBSCRIPTIONS, subscriber) ?? [];
}

/** Binds the declared subscriptions to an instance. */
export function bindSubscriptions(instance: object): BoundSubscription[] {
  const methods = instance as Record<string, (input: unknown, tx: Transaction) => Promise<void> | void>;
  return subscriptionsOf(instance.constructor as never).map(({ type, method, options, inBatches }) => ({
    type,
    inBatches,
    options: { ...DEFAULTS, ...options },
    handle: (messages, tx) => methods[method]?.(inBatches ? messages : messages[0], tx),
  }));
}

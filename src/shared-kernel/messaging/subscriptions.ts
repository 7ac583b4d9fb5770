import 'reflect-metadata';
import type { Envelope } from '../contract/envelope.js';
import type { MessageType, Payload } from '../contract/message.js';
import type { Transaction } from '../persistence/unit-of-work.js';

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

export interface Subscription {
  readonly type: MessageType;
  readonly method: string;
}

/** A handler, bound and ready: what the receiver calls. */
export interface BoundSubscription {
  readonly type: MessageType;
  readonly handle: (message: Message, tx: Transaction, envelope: Envelope) => Promise<void>;
}

const SUBSCRIPTIONS = 'seamline:subscriptions';

type SubscriptionDecorator<Type extends MessageType> = <Method extends Handler<Type>>(
  target: object,
  method: string,
  descriptor: TypedPropertyDescriptor<Method>,
) => void;

function subscribe(type: MessageType): (target: object, method: string) => void {
  return (target, method) => {
    const already: Subscription[] = Reflect.getOwnMetadata(SUBSCRIPTIONS, target.constructor) ?? [];
    Reflect.defineMetadata(SUBSCRIPTIONS, [...already, { type, method }], target.constructor);
  };
}

/** Calls the method for every such event of another module, or of its own. */
export function Subscribe<Type extends MessageType>(event: Type & { kind: 'event' }): SubscriptionDecorator<Type> {
  return subscribe(event);
}

/** Makes the method the one receiver of a command that this module owns. */
export function Handle<Type extends MessageType>(command: Type & { kind: 'command' }): SubscriptionDecorator<Type> {
  return subscribe(command);
}

/** The subscriptions that a class declares with @Subscribe and @Handle, in the order of its methods. */
export function subscriptionsOf(subscriber: abstract new (...args: never[]) => unknown): readonly Subscription[] {
  return Reflect.getOwnMetadata(SUBSCRIPTIONS, subscriber) ?? [];
}

/** Binds the declared subscriptions to an instance. */
export function bindSubscriptions(instance: object): BoundSubscription[] {
  const methods = instance as Record<string, Handler>;
  return subscriptionsOf(instance.constructor as never).map(({ type, method }) => ({
    type,
    handle: async (message, tx) => methods[method]?.(message, tx),
  }));
}

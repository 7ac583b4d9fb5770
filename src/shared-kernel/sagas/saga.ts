import 'reflect-metadata';
import type { z } from 'zod';
import type { MessageType, Payload } from '../contract/message.js';
import type { Transaction } from '../persistence/unit-of-work.js';

/** What a saga is called, which shape its state has, and which version of its definition wrote it. */
export interface SagaOptions<State extends z.ZodObject = z.ZodObject> {
  readonly name: string;
  readonly version: number;
  readonly state: State;
  /** The events that answer its compensations; their ordering key is the saga's key. */
  readonly undoneBy?: readonly MessageType[];
}

/** One running process, in the hands of the method that handles a message for it. */
export interface SagaHandle<State = Record<string, unknown>> {
  readonly key: string;
  /** Why it was aborted; empty while it was not. */
  readonly reason: string;
  /** Changed in place; stored, checked against the declared shape, when the method returns. */
  state: State;
  /**
   * Sends a command. With `.undo(…)` its compensation is stored in the same transaction, to be sent if the process is
   * aborted: last in, first out, each awaiting its answer before the next goes out.
   */
  do<Type extends MessageType>(command: Type & { kind: 'command' }, payload: Payload<Type>): Undoable;
  /** Calls the @OnTimeout method of that name later, unless the timer is set anew, cancelled or the process has ended. */
  timeout(name: string, after: Duration): Promise<void>;
  cancelTimeout(name: string): void;
  /** Stops going forward and compensates what was done. Refused after `pivot()`. */
  abort(reason: string): void;
  /** The point of no return: forgets the compensations. */
  pivot(): void;
  /** The process has reached its end. */
  complete(): void;
}

export interface Undoable {
  /** `answer` is the event by which the receiver says that it is undone, or that there was nothing to undo; one of `undoneBy`. */
  undo<Type extends MessageType>(
    command: Type & { kind: 'command' },
    payload: Payload<Type>,
    answer: MessageType,
  ): void;
}

export type Duration = `${number}${'ms' | 's' | 'm' | 'h' | 'd'}`;

const UNITS = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** In milliseconds. */
export function durationOf(duration: Duration): number {
  const [, amount, unit] = /^([0-9.]+)(ms|s|m|h|d)$/.exec(duration) ?? [];
  if (amount === undefined || unit === undefined)
    throw new Error(`"${duration}" is no duration: write 500ms, 30s, 15m …`);
  return Number(amount) * UNITS[unit as keyof typeof UNITS];
}

type Step<Type extends MessageType> = (
  payload: Payload<Type>,
  saga: SagaHandle<never>,
  tx: Transaction,
) => Promise<void> | void;

type MessageDecorator<Type extends MessageType> = <Method extends Step<Type>>(
  target: object,
  method: string,
  descriptor: TypedPropertyDescriptor<Method>,
) => void;

type End = (saga: SagaHandle<never>, tx: Transaction) => Promise<void> | void;

type EndDecorator = <Method extends End>(
  target: object,
  method: string,
  descriptor: TypedPropertyDescriptor<Method>,
) => void;

export interface SagaStep {
  readonly type: MessageType;
  readonly key: (payload: never) => string;
  readonly method: string;
  readonly starts: boolean;
}

export interface SagaDefinition extends SagaOptions {
  readonly steps: readonly SagaStep[];
  readonly timeouts: ReadonlyMap<string, string>;
  readonly onAborted: string | undefined;
}

const OPTIONS = 'seamline:saga';
const STEPS = 'seamline:saga-steps';
const TIMEOUTS = 'seamline:saga-timeouts';
const ABORTED = 'seamline:saga-aborted';

/** Declares a class as a persisted process: its methods are the steps. */
export function Saga<State extends z.ZodObject>(options: SagaOptions<State>): ClassDecorator {
  return (target) => Reflect.defineMetadata(OPTIONS, options, target);
}

/** This event begins a process, under the key that `key` reads from it. A second one of the same key changes nothing. */
export function Starts<Type extends MessageType>(
  event: Type & { kind: 'event' },
  key: (payload: Payload<Type>) => string,
): MessageDecorator<Type> {
  return step(event, key, true);
}

/** This event moves the running process of that key on. Where there is none, or it compensates, it is passed over. */
export function On<Type extends MessageType>(
  event: Type & { kind: 'event' },
  key: (payload: Payload<Type>) => string,
): MessageDecorator<Type> {
  return step(event, key, false);
}

function step(type: MessageType, key: (payload: never) => string, starts: boolean) {
  return (target: object, method: string) => {
    const steps: SagaStep[] = Reflect.getOwnMetadata(STEPS, target.constructor) ?? [];
    Reflect.defineMetadata(STEPS, [...steps, { type, key, method, starts }], target.constructor);
  };
}

/** Called when the timer of that name runs out. */
export function OnTimeout(name: string): EndDecorator {
  return (target, method) => {
    const timeouts: Map<string, string> = Reflect.getOwnMetadata(TIMEOUTS, target.constructor) ?? new Map();
    Reflect.defineMetadata(TIMEOUTS, new Map([...timeouts, [name, method]]), target.constructor);
  };
}

/** Called once every compensation of an aborted process has been answered. */
export function OnAborted(): EndDecorator {
  return (target, method) => Reflect.defineMetadata(ABORTED, method, target.constructor);
}

/** What the decorators of a saga class declare. */
export function sagaDefinition(saga: abstract new (...args: never[]) => unknown): SagaDefinition {
  const options: SagaOptions | undefined = Reflect.getOwnMetadata(OPTIONS, saga);
  if (!options) throw new Error(`${saga.name} is listed among the sagas but has no @Saga({…}) on its class.`);
  return {
    ...options,
    steps: Reflect.getOwnMetadata(STEPS, saga) ?? [],
    timeouts: Reflect.getOwnMetadata(TIMEOUTS, saga) ?? new Map(),
    onAborted: Reflect.getOwnMetadata(ABORTED, saga),
  };
}

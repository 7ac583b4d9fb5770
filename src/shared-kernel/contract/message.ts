import { z } from 'zod';
import { remembered } from './declared.js';
import { opened } from './opened.js';

/**
 * What may pass between modules. An *event* is a fact owned by its publisher; a *command* is an instruction owned by
 * its one receiver, whose outcome comes back as events. Both are asynchronous and durable.
 */
export type MessageKind = 'event' | 'command';

/** A name is the owner's schema, a verb phrase and a major version: `orders.order-placed.v1`. Never a class name. */
export const NAME = /^(?<subject>(?<owner>[a-z][a-z0-9-]*)\.[a-z][a-z0-9-]*)\.v(?<major>[1-9][0-9]*)$/;

export interface MessageType<Shape extends z.ZodObject = z.ZodObject, Kind extends MessageKind = MessageKind> {
  readonly kind: Kind;
  readonly name: string;
  /** The module that owns the name: publisher of an event, receiver of a command. */
  readonly owner: string;
  /** Closed: what producers are held to. */
  readonly schema: Shape;
  /** Open: what consumers read, so that a producer may add an optional property first. */
  readonly reading: z.ZodType<z.output<Shape>>;
  /** The payload's property whose value orders messages: one key, one order. */
  readonly key: string;
  /** How the major version before this one is read as this one. */
  readonly upcasts?: Upcast | undefined;
}

/** An older version of a message, and what it says in the words of the newer one. Made by `from(…)`. */
export interface Upcast<Newer = unknown> {
  readonly type: MessageType;
  readonly upcast: (older: never) => Newer;
}

export interface MessageOptions<Shape extends z.ZodObject> {
  /**
   * `from(OrderPlacedV1, (older) => newer)`: whoever takes this version is given the older one too, as this one. What is
   * returned is held to the schema of this version.
   */
  readonly upcasts?: Upcast<z.input<Shape>>;
}

export type Payload<Type extends MessageType> = z.output<Type['schema']>;

type StringProperty<Shape extends z.ZodObject> = {
  [Property in keyof z.output<Shape>]: z.output<Shape>[Property] extends string ? Property : never;
}[keyof z.output<Shape>] &
  string;

function declare<Kind extends MessageKind, Shape extends z.ZodObject>(
  kind: Kind,
  name: string,
  key: StringProperty<Shape>,
  schema: Shape,
  { upcasts }: MessageOptions<Shape>,
): MessageType<Shape, Kind> {
  const owner = NAME.exec(name)?.groups?.owner;
  if (!owner) {
    throw new Error(`"${name}" is no message name: write <module>.<what-happened>.v<major>, as orders.order-placed.v1`);
  }
  if (!(schema.def.catchall instanceof z.ZodNever))
    throw new Error(`${name} is open: declare it with z.strictObject, so that a misspelt property is noticed.`);
  if (upcasts) mustBeTheOneBefore(kind, name, upcasts.type);
  return remembered({ kind, name, owner, key, schema, reading: opened(schema), upcasts });
}

function mustBeTheOneBefore(kind: MessageKind, name: string, older: MessageType): void {
  const { subject, major } = NAME.exec(name)?.groups ?? {};
  const before = `${subject}.v${Number(major) - 1}`;
  if (older.kind !== kind || older.name !== before)
    throw new Error(
      `${name} cannot upcast the ${older.kind} ${older.name}: only the ${kind} ${before} comes before it.`,
    );
}

/**
 * Declares a fact. `key` names the property that orders it; `schema` must be closed (`z.strictObject`).
 * @throws for a name of another form, an open schema, or an upcast from anything but the version before
 */
export function defineEvent<Shape extends z.ZodObject>(
  name: string,
  key: StringProperty<Shape>,
  schema: Shape,
  options: MessageOptions<Shape> = {},
) {
  return declare('event', name, key, schema, options);
}

/** Declares an instruction to the module that the name begins with; see {@link defineEvent}. */
export function defineCommand<Shape extends z.ZodObject>(
  name: string,
  key: StringProperty<Shape>,
  schema: Shape,
  options: MessageOptions<Shape> = {},
) {
  return declare('command', name, key, schema, options);
}

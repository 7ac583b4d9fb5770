import { z } from 'zod';

/**
 * What may pass between modules. An *event* is a fact owned by its publisher; a *command* is an instruction owned by
 * its one receiver, whose outcome comes back as events. Both are asynchronous and durable.
 */
export type MessageKind = 'event' | 'command';

/** A name is the owner's schema, a verb phrase and a major version: `orders.order-placed.v1`. Never a class name. */
export const NAME = /^(?<owner>[a-z][a-z0-9-]*)\.[a-z][a-z0-9-]*\.v[1-9][0-9]*$/;

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
): MessageType<Shape, Kind> {
  const owner = NAME.exec(name)?.groups?.owner;
  if (!owner) {
    throw new Error(`"${name}" is no message name: write <module>.<what-happened>.v<major>, as orders.order-placed.v1`);
  }
  const reading = schema.loose() as unknown as z.ZodType<z.output<Shape>>;
  return { kind, name, owner, key, schema, reading };
}

/** Declares a fact. `key` names the property that orders it; `schema` must be closed (`z.strictObject`). */
export function defineEvent<Shape extends z.ZodObject>(name: string, key: StringProperty<Shape>, schema: Shape) {
  return declare('event', name, key, schema);
}

/** Declares an instruction to the module that the name begins with. */
export function defineCommand<Shape extends z.ZodObject>(name: string, key: StringProperty<Shape>, schema: Shape) {
  return declare('command', name, key, schema);
}

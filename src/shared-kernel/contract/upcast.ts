import type { MessageType, Payload, Upcast } from './message.js';
import { readBy } from './quick-reader.js';

/** How a newer version of a message reads the one before it: `upcasts: from(OrderPlacedV1, (older) => …)`. */
export function from<Older extends MessageType, Newer>(
  type: Older,
  upcast: (older: Payload<Older>) => Newer,
): Upcast<Newer> {
  return { type, upcast };
}

/** The versions in which a message may come to whoever takes `type`: itself, and all that it is upcast from. */
export function versionsOf(type: MessageType): MessageType[] {
  return type.upcasts ? [type, ...versionsOf(type.upcasts.type)] : [type];
}

type Read = ReturnType<MessageType['reading']['safeParse']>;

/**
 * A payload of the version `name` as one of `type`; undefined for a version that it does not read. Each version on the way
 * is held to its own contract.
 * @throws whatever an upcast throws
 */
export function readAs(type: MessageType, name: string, data: unknown): Read | undefined {
  if (type.name === name) return readBy(type.reading, data);
  if (!type.upcasts) return undefined;
  const older = readAs(type.upcasts.type, name, data);
  return older?.success ? readBy(type.reading, type.upcasts.upcast(older.data as never)) : older;
}

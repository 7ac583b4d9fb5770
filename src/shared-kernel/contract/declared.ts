/** A message or a query that a contract declares. */
export interface Declared {
  readonly kind: 'event' | 'command' | 'query';
  readonly name: string;
  /** The module that the name begins with. */
  readonly owner: string;
}

const declared = new Map<string, Declared>();

/** Remembers what a contract declares, so that an app notices at its start what nobody takes. */
export function remembered<Message extends Declared>(message: Message): Message {
  declared.set(message.name, message);
  return message;
}

/** All that the contracts loaded so far declare, by name. */
export function declaredSoFar(): readonly Declared[] {
  return [...declared.values()].sort((one, other) => (one.name < other.name ? -1 : 1));
}

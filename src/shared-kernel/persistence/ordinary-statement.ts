/** White space, comments and empty statements, which may stand before the first word. */
const BEFORE = String.raw`^(?:\s|;|--[^\n]*(?:\n|$)|/\*[\s\S]*?\*/)*`;
/** Savepoints inside a transaction are its own business, so `rollback to` is not meant. */
const ENDS = new RegExp(
  `${BEFORE}(begin|start\\s+transaction|commit|end|abort|rollback(?!\\s+(?:work\\s+|transaction\\s+)?to\\b)|prepare\\s+transaction)\\b`,
  'i',
);
/** What outlives the transaction on a connection that serves others next. `set local` and `set constraints` do not. */
const STAYS = new RegExp(
  `${BEFORE}(set(?!\\s+(?:local|constraints)\\b)|reset|discard|deallocate|prepare(?!\\s+transaction)|listen|unlisten|load)\\b`,
  'i',
);

/**
 * Lets a module's own statement pass that is one among others of a transaction.
 * @throws for one that would end the transaction under the inbox, the fence and the outbox, or that would change the
 * connection for whoever has it next
 */
export function mustBeOrdinary(text: string): void {
  const ends = ENDS.exec(text)?.[1];
  if (ends)
    throw new Error(
      `${ends.toUpperCase()} is not for a module to say: its transaction begins and ends with transaction(…), or with the message. Throw to roll it back.`,
    );
  const stays = STAYS.exec(text)?.[1];
  if (stays)
    throw new Error(
      `${stays.toUpperCase()} would change the connection for whoever has it next. Inside a transaction there is SET LOCAL.`,
    );
}

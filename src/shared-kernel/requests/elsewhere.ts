import type { Cancellation } from '../resilience/cancellation.js';
import { CHANNEL, type Wire } from '../transports/wire/wire.js';

/** The way to the modules of other apps, for a module that asks one of them. */
export interface Elsewhere {
  /** In which other app a module lives. @throws for one that lives in none. */
  appOf(module: string): string;
  /**
   * Carries a question there, as the JSON that {@link Requests.answer} takes, and brings back what that answered.
   * @throws Unreachable when nothing was sent; the reason of the cancellation; whatever else went wrong on the way
   */
  ask(app: string, question: string, cancellation: Cancellation): Promise<Buffer>;
}

/** Queries go over the wire, whatever carries the messages. */
export function overWire(wire: Wire, appOf: (module: string) => string): Elsewhere {
  return { appOf, ask: (app, question, cancellation) => wire.call(app, CHANNEL.query, question, cancellation) };
}

import { portTrouble } from '../../embedded/free-port.js';
import { UserError } from '../../user-error.js';

/** Below those that the system lends to outgoing connections, so that an app that is started again finds its own free. */
const FROM = 20_000;
const TO = 32_000;
const ATTEMPTS = 10;

/** So many TCP ports of this machine on which nobody listens at this moment, each once. */
export async function freePorts(count: number): Promise<number[]> {
  const found = new Set<number>();
  for (let attempt = 0; attempt < count * ATTEMPTS && found.size < count; attempt++) {
    const port = FROM + Math.floor(Math.random() * (TO - FROM));
    if (!found.has(port) && (await portTrouble(port)) === undefined) found.add(port);
  }
  if (found.size === count) return [...found];
  throw new UserError(
    `Of the ports from ${FROM} to ${TO}, ${count} are needed, and too few are free.`,
    'End programs that listen there, and start again.',
  );
}

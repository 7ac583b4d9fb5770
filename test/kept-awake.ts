import type { DirectConnection } from '#kernel/messaging/direct-connection';

/** Well within the time after which the server ends a session that says nothing. In milliseconds. */
const OFTEN = 1_000;

/** Has a connection say something now and then, however long a test leaves it alone. @returns what ends it */
export function keptAwake(connection: DirectConnection): () => void {
  const timer = setInterval(() => void connection.query('select 1').catch(() => undefined), OFTEN);
  return () => clearInterval(timer);
}

import type { EmbeddedPostgres } from '../embedded/embedded-postgres.js';
import { END_WITHIN_MS, type Life, pause } from './life.js';
import { say } from './output.js';

const DATABASE_STOPS_AT_ONCE_MS = 1000;
const LOOK_AFTER_DATABASE_MS = 1000;

/** A running embedded server. */
export interface Database {
  readonly url: string;
  /** Starts it again whenever it dies under us, on the same port, so that the modules find it again by themselves. */
  keepRunning(): Promise<void>;
}

/** @param maxConnections more than usual, where many processes share it */
export async function startDatabase(
  home: string,
  { closers, watch: { signal } }: Life,
  maxConnections?: number,
): Promise<Database> {
  say('Starting the embedded PostgreSQL …');
  const { startEmbeddedPostgres } = await import('../embedded/embedded-postgres.js');
  const settings: Record<string, number> = maxConnections === undefined ? {} : { max_connections: maxConnections };
  const starting = startEmbeddedPostgres({ home, say, signal, settings });
  // Registered before it is up, so that ending meanwhile waits for it and stops it.
  closers.push({
    atMostMs: END_WITHIN_MS,
    close: async (leftMs) => (await starting).stop(leftMs - DATABASE_STOPS_AT_ONCE_MS),
  });
  const server = await starting;
  if (server.adopted) say('It was still running after an earlier start that was killed; using it.');
  const startAgain = async (port: number) => {
    say('The embedded PostgreSQL has ended; starting it again …');
    await startEmbeddedPostgres({ home, say, port, signal, settings });
    say('The embedded PostgreSQL runs again.');
  };
  return { url: server.url, keepRunning: () => keepRunning(server, startAgain, signal) };
}

async function keepRunning(
  server: EmbeddedPostgres,
  startAgain: (port: number) => Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  const port = Number(new URL(server.url).port);
  while (!signal.aborted) {
    await pause(LOOK_AFTER_DATABASE_MS);
    if (!signal.aborted && !server.isRunning()) await startAgain(port);
  }
}

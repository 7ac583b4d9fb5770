import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { DatabaseNotUsable } from '../database-not-usable.js';

const CONNECT_TIMEOUT_MS = 5_000;
/** A server that has just been started, or recovers from a crash, refuses for a moment. */
const STARTING_UP = '57P03';
const STARTING_ATTEMPTS = 20;
const STARTING_PAUSE_MS = 250;

/**
 * Connects, waiting at most 5 s for an answer and about 5 s more for a server that is starting up.
 * @param setting the setting the address comes from, for the error to name
 * @throws DatabaseNotUsable
 */
export async function connect(url: string, setting: string): Promise<pg.Client> {
  if (!/^postgres(ql)?:\/\//.test(url)) throw malformed(setting);
  for (let attempt = 1; ; attempt++) {
    const client = newClient(url, setting);
    try {
      await client.connect();
      return client;
    } catch (error) {
      await client.end().catch(() => {});
      if (codeOf(error) !== STARTING_UP || attempt === STARTING_ATTEMPTS) throw explain(error, client, setting);
      await sleep(STARTING_PAUSE_MS);
    }
  }
}

function newClient(url: string, setting: string): pg.Client {
  try {
    const client = new pg.Client({
      connectionString: url,
      connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
      application_name: 'seamline provision',
    });
    // A connection lost while idle: the next query rejects, and that is where it is dealt with.
    client.on('error', () => {});
    return client;
  } catch (error) {
    throw malformed(setting, error);
  }
}

function malformed(setting: string, cause?: unknown): DatabaseNotUsable {
  // The address itself stays out of the message: it may hold a password.
  return new DatabaseNotUsable(
    `${setting} is not the address of a PostgreSQL database.`,
    `Write ${setting} as postgres://user:password@host:port/database, with special characters percent-encoded.`,
    { cause },
  );
}

function explain(error: unknown, client: pg.Client, setting: string): DatabaseNotUsable {
  const server = `${client.host}:${client.port}`;
  const { user = '', database = '' } = client;
  const reason = reasonOf(error);
  const because = (message: string, mend: string) => new DatabaseNotUsable(message, mend, { cause: error });
  switch (codeOf(error)) {
    case '28P01':
    case '28000':
    case 'NO_PASSWORD':
      return because(
        `PostgreSQL at ${server} did not let user "${user}" in to database "${database}" (authentication failed): ${reason}.`,
        `Check the user and the password in ${setting}, and the server's pg_hba.conf.`,
      );
    case '3D000':
      return because(
        `PostgreSQL at ${server} has no database "${database}".`,
        `Create it (CREATE DATABASE ${pg.escapeIdentifier(database)}), or name another in ${setting}.`,
      );
    case '42501':
      return because(
        `User "${user}" lacks a privilege at PostgreSQL ${server}: CONNECT on database "${database}".`,
        `As its owner or a superuser: GRANT CONNECT ON DATABASE ${pg.escapeIdentifier(database)} TO ${pg.escapeIdentifier(user)};`,
      );
    case '53300':
      return because(
        `PostgreSQL at ${server} has no connection left: ${reason}.`,
        'Raise max_connections there, or end connections that nobody needs.',
      );
    case STARTING_UP:
      return because(`PostgreSQL at ${server} is not ready: ${reason}.`, 'Look at its log, and start again later.');
    default:
      return because(
        `PostgreSQL at ${server} cannot be reached: ${reason}.`,
        `Start it, or correct the host and the port in ${setting}.`,
      );
  }
}

function codeOf(error: unknown): string | undefined {
  return passwordIsMissing(error) ? 'NO_PASSWORD' : (error as { code?: string }).code;
}

/** Noticed by pg itself, in the middle of the handshake, and told by the text alone. */
function passwordIsMissing(error: unknown): boolean {
  return (error as Error).message.includes('client password must be');
}

function reasonOf(error: unknown): string {
  const { errors, message } = error as Partial<AggregateError> & Error;
  // A name with several addresses fails once for each of them, and the error around them has no text.
  if (errors) return [...new Set(errors.map(reasonOf))].join('; ');
  if (passwordIsMissing(error)) return 'it asks for a password and none was given';
  return message === 'timeout expired' ? `no answer within ${CONNECT_TIMEOUT_MS / 1000} s` : message;
}

import type { ConnectionOptions } from 'node:tls';
import { contentsOf } from '../broker-files.js';
import { BrokerNotUsable } from '../broker-not-usable.js';

const DEFAULT_PORT = 6379;

export interface RedisAddress {
  readonly host: string;
  readonly port: number;
  readonly db: number;
  readonly username?: string;
  readonly password?: string;
  readonly tls?: ConnectionOptions;
}

/** A Redis, and how it is convinced. */
export interface RedisServer {
  /** For people: without credentials. */
  readonly shown: string;
  readonly user: string;
  /** What to do where it cannot be reached. */
  readonly mend: string;
  /** Reads the files of certificates anew each time, because they are replaced while processes live. */
  options(): RedisAddress;
}

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Reads REDIS_URL (`redis://` or `rediss://`, with a user and a password, and the number of the database as its path)
 * and, for TLS, REDIS_CA, REDIS_CERT and REDIS_KEY (PEM files).
 * Source: https://www.iana.org/assignments/uri-schemes/prov/redis
 * @throws BrokerNotUsable
 */
export function redisFrom(env: Environment): RedisServer {
  const text = env.REDIS_URL ?? '';
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url?.hostname || !/^rediss?:$/.test(url.protocol)) throw unreadable('REDIS_URL holds no address of Redis');
  if (url.search !== '' || url.hash !== '')
    throw unreadable('REDIS_URL has parameters, and none of them is known here: certificates are named by REDIS_CA');
  const port = Number(url.port || DEFAULT_PORT);
  const address: RedisAddress = {
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port,
    db: databaseIn(url),
    ...loginIn(url),
  };
  const isSecure = url.protocol === 'rediss:';
  return {
    shown: `${url.protocol}//${url.hostname}:${port}${url.pathname.replace(/^\/$/, '')}`,
    user: address.username ?? 'default',
    mend: `start it, or correct REDIS_URL${isSecure ? ', which begins with redis:// where the server speaks no TLS' : ''}`,
    options: () => (isSecure ? { ...address, tls: certificates(env) } : address),
  };
}

function databaseIn({ pathname }: URL): number {
  const [, database] = /^\/?(\d{0,4})$/.exec(pathname) ?? [];
  if (database === undefined) throw unreadable('REDIS_URL has a path that is no number of a database');
  return Number(database);
}

function loginIn({ username, password }: URL): { username?: string; password?: string } {
  return {
    ...(username === '' ? {} : { username: decoded(username) }),
    ...(password === '' ? {} : { password: decoded(password) }),
  };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw unreadable('REDIS_URL holds a "%" that begins no percent-encoded character; write it as %25');
  }
}

function certificates({ REDIS_CA, REDIS_CERT, REDIS_KEY }: Environment): ConnectionOptions {
  return {
    ...(REDIS_CA === undefined ? {} : { ca: contentsOf('REDIS_CA', REDIS_CA) }),
    ...(REDIS_CERT === undefined ? {} : { cert: contentsOf('REDIS_CERT', REDIS_CERT) }),
    ...(REDIS_KEY === undefined ? {} : { key: contentsOf('REDIS_KEY', REDIS_KEY) }),
  };
}

function unreadable(what: string): BrokerNotUsable {
  return new BrokerNotUsable(
    `${what}.`,
    'Set REDIS_URL to redis://user:password@host:6379, or to rediss://user:password@host:6379 for TLS; special characters percent-encoded, the number of the database as its path where it is not 0.',
  );
}

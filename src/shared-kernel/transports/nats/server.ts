import { type ConnectionOptions, credsAuthenticator, type TlsOptions } from '@nats-io/transport-node';
import { contentsOf } from '../broker-files.js';
import { BrokerNotUsable } from '../broker-not-usable.js';

const DEFAULT_PORT = 4222;

export interface NatsAddress {
  readonly host: string;
  readonly port: number;
}

/** One server, or the servers of one cluster, and how they are convinced. */
export interface NatsServer {
  readonly addresses: readonly NatsAddress[];
  /** For people: without credentials. */
  readonly shown: string;
  /** Read anew for each connection, because files of credentials are replaced while processes live. */
  options(): ConnectionOptions;
}

/**
 * Reads NATS_URL (`nats://` or `tls://`; a user and a password or a token in it; several servers with commas between),
 * NATS_CREDS (a file), NATS_CA, NATS_CERT and NATS_KEY (PEM files), as the `nats` command does.
 * @throws BrokerNotUsable
 */
export function natsServerFrom(env: Readonly<Record<string, string | undefined>>): NatsServer {
  const urls = (env.NATS_URL ?? '')
    .split(',')
    .map((each) => each.trim())
    .filter((each) => each !== '')
    .map(parsed);
  const [first] = urls;
  if (!first) throw unreadable('NATS_URL is not set');
  const addresses = urls.map(({ hostname, port }) => ({
    host: hostname.replace(/^\[|\]$/g, ''),
    port: Number(port || DEFAULT_PORT),
  }));
  const login = loginIn(urls);
  const isSecure = urls.some(({ protocol }) => protocol === 'tls:');
  return {
    addresses,
    shown: urls.map(({ hostname, port }) => `${hostname}:${port || DEFAULT_PORT}`).join(', '),
    options: () => ({ ...login, ...credentials(env.NATS_CREDS), ...certificates(env, isSecure) }),
  };
}

function parsed(text: string): URL {
  const whole = text.includes('://') ? text : `nats://${text}`;
  const url = URL.canParse(whole) ? new URL(whole) : undefined;
  if (!url?.hostname || !['nats:', 'tls:'].includes(url.protocol) || !isReadable(url.username + url.password))
    throw unreadable('NATS_URL holds no NATS address');
  return url;
}

function isReadable(encoded: string): boolean {
  try {
    decodeURIComponent(encoded);
    return true;
  } catch {
    return false;
  }
}

function unreadable(what: string): BrokerNotUsable {
  return new BrokerNotUsable(
    `${what}.`,
    'Set NATS_URL to nats://host:4222, to nats://user:password@host:4222, or to several such with commas between.',
  );
}

/** A user alone is a token, as every NATS client reads it. */
function loginIn(urls: readonly URL[]): ConnectionOptions {
  const logins = new Set(
    urls.map(({ username, password }) => `${username}:${password}`).filter((each) => each !== ':'),
  );
  if (logins.size > 1)
    throw new BrokerNotUsable(
      'NATS_URL names different credentials for the servers of one cluster.',
      'Write the same credentials into each address, or into one of them only.',
    );
  const [login] = logins;
  if (login === undefined) return {};
  const [user, pass] = login.split(':').map(decodeURIComponent) as [string, string];
  return pass === '' ? { token: user } : { user, pass };
}

function credentials(file: string | undefined): ConnectionOptions {
  return file === undefined ? {} : { authenticator: credsAuthenticator(contentsOf('NATS_CREDS', file)) };
}

function certificates(env: Readonly<Record<string, string | undefined>>, isSecure: boolean): ConnectionOptions {
  const { NATS_CA, NATS_CERT, NATS_KEY } = env;
  const tls: TlsOptions = {};
  if (NATS_CA !== undefined) tls.ca = contentsOf('NATS_CA', NATS_CA).toString();
  if (NATS_CERT !== undefined) tls.cert = contentsOf('NATS_CERT', NATS_CERT).toString();
  if (NATS_KEY !== undefined) tls.key = contentsOf('NATS_KEY', NATS_KEY).toString();
  return isSecure || Object.keys(tls).length > 0 ? { tls } : {};
}

import type { Options, SocketOptions } from 'amqplib';
import { contentsOf } from '../broker-files.js';
import { BrokerNotUsable } from '../broker-not-usable.js';

const DEFAULT_PORTS: Readonly<Record<string, number>> = { 'amqp:': 5672, 'amqps:': 5671 };
/** Of a connection on which nothing is said: after two of these without a sign the other end counts as gone. In seconds. */
const HEARTBEAT = 10;
/** Until a node has accepted us, nothing may take longer. In milliseconds. */
const CONNECT_WITHIN = 5_000;

/** One node of a broker, and how it is convinced. */
export interface RabbitMqNode {
  /** For people: without credentials. */
  readonly shown: string;
  readonly user: string;
  readonly vhost: string;
  readonly address: Options.Connect;
  /** Reads the files of certificates anew for each connection, because they are replaced while processes live. */
  socket(): SocketOptions;
}

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Reads AMQP_URL (`amqp://` or `amqps://`, with a user and a password, and a vhost as its path; the nodes of a cluster
 * with commas between) and, for TLS, AMQP_CA, AMQP_CERT and AMQP_KEY (PEM files).
 * Source: the AMQP URI specification, https://www.rabbitmq.com/docs/uri-spec
 * @throws BrokerNotUsable
 */
export function rabbitMqFrom(env: Environment): readonly RabbitMqNode[] {
  // A password may hold a comma.
  const texts = (env.AMQP_URL ?? '').split(/,(?=\s*amqps?:\/\/)/).map((each) => each.trim());
  if (texts[0] === '') throw unreadable('AMQP_URL is not set');
  return texts.map((text) => nodeAt(text, env));
}

function nodeAt(text: string, env: Environment): RabbitMqNode {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const defaultPort = DEFAULT_PORTS[url?.protocol ?? ''];
  if (!url?.hostname || defaultPort === undefined) throw unreadable('AMQP_URL holds no address of RabbitMQ');
  if (url.search !== '' || url.hash !== '')
    throw unreadable('AMQP_URL has parameters, and none of them is known here: certificates are named by AMQP_CA');
  const port = Number(url.port || defaultPort);
  const vhost = url.pathname.slice(1);
  const address = {
    protocol: url.protocol.slice(0, -1),
    hostname: url.hostname.replace(/^\[|\]$/g, ''),
    port,
    ...loginIn(url),
    vhost,
    heartbeat: HEARTBEAT,
  };
  return {
    shown: `${url.protocol}//${url.hostname}:${port}${url.pathname.replace(/^\/$/, '')}`,
    user: address.username,
    vhost: vhost === '' ? '/' : decoded(vhost),
    address,
    socket: () => ({
      noDelay: true,
      timeout: CONNECT_WITHIN,
      ...(url.protocol === 'amqps:' ? certificates(env) : {}),
    }),
  };
}

function loginIn({ username, password }: URL): { username: string; password: string } {
  return username === ''
    ? { username: 'guest', password: 'guest' }
    : { username: decoded(username), password: decoded(password) };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw unreadable('AMQP_URL holds a "%" that begins no percent-encoded character; write it as %25');
  }
}

function certificates({ AMQP_CA, AMQP_CERT, AMQP_KEY }: Environment): SocketOptions {
  return {
    ...(AMQP_CA === undefined ? {} : { ca: contentsOf('AMQP_CA', AMQP_CA) }),
    ...(AMQP_CERT === undefined ? {} : { cert: contentsOf('AMQP_CERT', AMQP_CERT) }),
    ...(AMQP_KEY === undefined ? {} : { key: contentsOf('AMQP_KEY', AMQP_KEY) }),
  };
}

function unreadable(what: string): BrokerNotUsable {
  return new BrokerNotUsable(
    `${what}.`,
    'Set AMQP_URL to amqp://user:password@host:5672/vhost, or to amqps://user:password@host:5671/vhost for TLS; special characters percent-encoded, the nodes of a cluster with commas between.',
  );
}

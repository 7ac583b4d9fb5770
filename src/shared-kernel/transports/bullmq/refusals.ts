import { oneLine } from '../broker-letters.js';
import { BrokerNotUsable, isAboutCertificates } from '../broker-not-usable.js';
import type { RedisServer } from './server.js';

/** BullMQ's scripts need it. */
const OLDEST = [6, 2] as const;

interface Refusal {
  /** Of what the server says. */
  readonly sign: RegExp;
  readonly what: (server: RedisServer) => string;
  readonly mend: (server: RedisServer, system: string) => string;
}

const REFUSALS: readonly Refusal[] = [
  {
    sign: /^NOAUTH/,
    what: () => 'asks for a password',
    mend: () => 'Put it into REDIS_URL, percent-encoded: redis://user:password@host:6379.',
  },
  {
    sign: /^WRONGPASS|^ERR invalid password/,
    what: ({ user }) => `refuses the user "${user}"`,
    mend: () => 'Correct the user and the password in REDIS_URL, percent-encoded.',
  },
  {
    sign: /^NOPERM|can't access at least one of the (?:keys|channels)|can't run this command/,
    what: ({ user }) => `does not permit the user "${user}" what messages need`,
    mend: ({ user }, system) =>
      `Permit it: ACL SETUSER ${user} ~bull:${system}.* &${system}.answers.* +@all -@dangerous +info; then ACL SAVE, or write it into redis.conf.`,
  },
  {
    sign: /^DENIED/,
    what: () => 'talks to its own machine only',
    mend: () => 'Give it a password (requirepass in redis.conf) and put that into REDIS_URL.',
  },
  {
    sign: /DB index/,
    what: () => 'has no such database',
    mend: () => 'Correct the number at the end of REDIS_URL, or raise "databases" in redis.conf.',
  },
];

/** What only a person can mend; undefined for what may pass, such as a server that has not started yet. */
export function refusalOf(error: unknown, server: RedisServer, system: string): BrokerNotUsable | undefined {
  if (error instanceof BrokerNotUsable) return error;
  const { message } = error as Error;
  const said = oneLine(message).replace(/\.$/, '');
  const refused = (what: string, mend: string) =>
    new BrokerNotUsable(`Redis at ${server.shown} ${what}: ${said}.`, mend, { cause: error });
  if (isAboutCertificates(error as Error))
    return refused(
      'cannot be reached safely',
      'Name the certificate of its authority in REDIS_CA and, where it asks for one of ours, REDIS_CERT and REDIS_KEY; the host in REDIS_URL must be one that its certificate names. Where it speaks no TLS, write redis:// instead of rediss://.',
    );
  const refusal = REFUSALS.find(({ sign }) => sign.test(message));
  return refusal && refused(refusal.what(server), refusal.mend(server, system));
}

/**
 * @param info what the server says to INFO
 * @throws BrokerNotUsable for one that is too old, and for a cluster, over whose nodes the keys of a queue would be spread
 */
export function mustFit(info: string, { shown }: RedisServer): void {
  const version = /^redis_version:([\d.]+)/m.exec(info)?.[1] ?? 'unknown';
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const [oldestMajor, oldestMinor] = OLDEST;
  if (!(major > oldestMajor || (major === oldestMajor && minor >= oldestMinor)))
    throw new BrokerNotUsable(
      `Redis at ${shown} is of version ${version}, and messages travel over ${OLDEST.join('.')} or newer.`,
      `Upgrade it to ${OLDEST.join('.')} or newer, or take another transport in topology.json.`,
    );
  if (/^redis_mode:cluster/m.test(info))
    throw new BrokerNotUsable(
      `Redis at ${shown} is a cluster, and messages travel over a single server or one with replicas.`,
      'Set REDIS_URL to a Redis that runs without cluster-enabled, or take another transport in topology.json.',
    );
}

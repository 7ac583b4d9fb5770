import { z } from 'zod';
import { urlSetting } from '#kernel/persistence/provisioning/plan';
import type { BetweenApps } from '#kernel/topology/topology';

const wholeNumber = (min: number, max: number) =>
  z
    .string()
    .regex(/^\d+$/, `must be a whole number from ${min} to ${max}`)
    .transform(Number)
    .refine((n) => n >= min && n <= max, `must be a whole number from ${min} to ${max}`);

const urlOf = (...protocols: string[]) => {
  const sentence = `must be a URL that starts with ${protocols.map((p) => `${p}//`).join(' or ')}`;
  return z.string().refine((text) => URL.canParse(text) && protocols.includes(new URL(text).protocol), sentence);
};

const hostName = z.string().regex(/^[\w.:%-]+$/, 'must be an address or a host name, such as 127.0.0.1 or 0.0.0.0');

const databaseUrl = urlOf('postgres:', 'postgresql:').optional();
const logLevels = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;

/** The fewest connections a module can work with: two of its pool and one of its relay. */
const CONNECTIONS_OF_A_MODULE = 3;
const USUAL_BUDGET = 24;
export const SECRET_LENGTH = 32;

/** Every setting there is, by the name of its environment variable, but for those named after a module. */
const environment = (leastBudget: number) =>
  z
    .object({
      DATABASE_URL: databaseUrl,
      PORT: wholeNumber(0, 65_535).default(3000),
      HOST: hostName.default('127.0.0.1'),
      SEAMLINE_HOME: z.string().optional(),
      SEAMLINE_ADMIN_EMAIL: z
        .email('must be an e-mail address')
        .max(254, 'must have at most 254 characters')
        .optional(),
      SEAMLINE_ADMIN_PASSWORD: z
        .string()
        .min(12, 'must have at least 12 characters')
        .max(200, 'must have at most 200 characters')
        .optional(),
      LOG_LEVEL: z.enum(logLevels, `must be one of ${logLevels.join(', ')}`).default('info'),
      CONNECTION_BUDGET: wholeNumber(leastBudget, 1000).default(Math.max(USUAL_BUDGET, leastBudget)),
      IDENTITY_JWKS_URL: urlOf('http:', 'https:').optional(),
      SEAMLINE_SECRET: z.string().min(SECRET_LENGTH, `must have at least ${SECRET_LENGTH} characters`).optional(),
      WIRE_PORT: wholeNumber(1, 65_535).optional(),
      WIRE_HOST: hostName.optional(),
      WIRE_TLS_CERT: z.string().optional(),
      WIRE_TLS_KEY: z.string().optional(),
      WIRE_TLS_CA: z.string().optional(),
    })
    .check(
      ...allOrNone('SEAMLINE_ADMIN_EMAIL', 'SEAMLINE_ADMIN_PASSWORD'),
      ...allOrNone('WIRE_TLS_CERT', 'WIRE_TLS_KEY', 'WIRE_TLS_CA'),
    );
type Environment = z.output<ReturnType<typeof environment>>;

/** Transports that go by a broker, and the setting that holds its address. */
const BROKER_SETTING = { bullmq: 'REDIS_URL', rabbitmq: 'AMQP_URL', nats: 'NATS_URL' } as const;
type Broker = keyof typeof BROKER_SETTING;

/** Names whose value never appears in a message: it is a secret, or may hold one, as a URL does. */
const isSecret = (name: string) => /_(PASSWORD|URL|SECRET)$/.test(name);

export interface Settings {
  /** The PostgreSQL to use; the embedded one when undefined. */
  databaseUrl: string | undefined;
  /** 0 lets the system choose a free one. */
  port: number;
  host: string;
  /** The folder of the embedded server and of generated secrets; `.seamline` in the project when undefined. */
  home: string | undefined;
  /** The first administrator; generated on the first start when undefined. */
  admin: { email: string; password: string } | undefined;
  logLevel: (typeof logLevels)[number];
  /** Database connections that this process may hold, all modules together. */
  connectionBudget: number;
  /** Where to fetch the keys that verify tokens; of the app that holds identity when undefined. */
  identityJwksUrl: string | undefined;
  /** Where a module's own role is given, by module. */
  moduleDatabaseUrls: Record<string, string>;
  /** What every app of the topology knows and nobody else does. */
  secret: string | undefined;
  /** Where the other apps reach this one. */
  wire: {
    /** The one that the topology names when undefined. */
    port: number | undefined;
    host: string;
    /** Files, in PEM. */
    tls: { cert: string; key: string; ca: string } | undefined;
  };
  /** Addresses, credentials and certificates of brokers, by name of the variable: each adapter reads and judges its own. */
  brokers: Readonly<Record<string, string>>;
}

/** What its place in the topology asks of an app's settings. */
export interface Demands {
  /** The apps there are. */
  readonly apps: readonly string[];
  /** How many modules this one holds. */
  readonly held: number;
  /** Every app that this one exchanges messages with, and itself, by the transport that leads to it. */
  readonly reached: readonly { readonly app: string; readonly by: BetweenApps }[];
}

/** Lists every wrong setting at once, one a line, without the value of any secret. */
export class SettingsError extends Error {
  override readonly name = 'SettingsError';
  readonly mend = 'Correct the environment (an empty value counts as not set) and start again.';

  constructor(readonly wrong: readonly string[]) {
    super(
      `${wrong.length === 1 ? 'A setting is' : `${wrong.length} settings are`} wrong:\n${wrong.map((line) => `  ${line}`).join('\n')}`,
    );
  }
}

/**
 * Reads all settings from environment variables; an empty string counts as not set.
 * @param modules those of the system: each may have a `<MODULE>_DATABASE_URL`
 * @throws {SettingsError} naming every wrong one
 */
export function readSettings(
  env: Readonly<Record<string, string | undefined>>,
  modules: readonly string[],
  demands?: Demands,
): Settings {
  const given = Object.fromEntries(
    Object.entries(env).filter((each): each is [string, string] => each[1] !== undefined && each[1].trim() !== ''),
  );
  const held = demands?.held ?? modules.length;
  const read = environment(CONNECTIONS_OF_A_MODULE * Math.max(1, held)).safeParse(given);
  const urls = z.object(Object.fromEntries(modules.map((name) => [urlSetting(name), databaseUrl]))).safeParse(given);
  const issues = [...(read.error?.issues ?? []), ...(urls.error?.issues ?? [])];
  const wrong = [...issues.map((issue) => sentence(issue, given)), ...unmet(demands, given)];
  if (wrong.length > 0 || !read.data || !urls.data) throw new SettingsError(wrong);
  return settingsOf(read.data, databaseUrlsOf(modules, urls.data), brokersOf(given));
}

function settingsOf(
  e: Environment,
  moduleDatabaseUrls: Settings['moduleDatabaseUrls'],
  brokers: Settings['brokers'],
): Settings {
  const { SEAMLINE_ADMIN_EMAIL: email, SEAMLINE_ADMIN_PASSWORD: password } = e;
  const { WIRE_TLS_CERT: cert, WIRE_TLS_KEY: key, WIRE_TLS_CA: ca } = e;
  return {
    databaseUrl: e.DATABASE_URL,
    port: e.PORT,
    host: e.HOST,
    home: e.SEAMLINE_HOME,
    admin: email && password ? { email, password } : undefined,
    logLevel: e.LOG_LEVEL,
    connectionBudget: e.CONNECTION_BUDGET,
    identityJwksUrl: e.IDENTITY_JWKS_URL,
    moduleDatabaseUrls,
    secret: e.SEAMLINE_SECRET,
    wire: { port: e.WIRE_PORT, host: e.WIRE_HOST ?? e.HOST, tls: cert && key && ca ? { cert, key, ca } : undefined },
    brokers,
  };
}

function databaseUrlsOf(modules: readonly string[], e: Record<string, string | undefined>): Record<string, string> {
  const urls = modules.flatMap((name) => {
    const url = e[urlSetting(name)];
    return url === undefined ? [] : [[name, url] as const];
  });
  return Object.fromEntries(urls);
}

function brokersOf(given: Readonly<Record<string, string>>): Settings['brokers'] {
  const families = Object.values(BROKER_SETTING).map((setting) => setting.replace('URL', ''));
  return Object.fromEntries(
    Object.entries(given).filter(([name]) => families.some((family) => name.startsWith(family))),
  );
}

/** What the topology asks for and nobody has set. */
function unmet(demands: Demands | undefined, given: Readonly<Record<string, string | undefined>>): string[] {
  if (!demands || demands.apps.length < 2) return [];
  const { apps, reached } = demands;
  const brokers = (Object.entries(BROKER_SETTING) as [Broker, string][]).flatMap(([broker, setting]) => {
    const users = reached.filter(({ by }) => by === broker).map(({ app }) => app);
    if (users.length === 0 || given[setting] !== undefined) return [];
    return [`${setting} must be set, because the topology has messages reach ${users.join(', ')} by ${broker}`];
  });
  const secret = `SEAMLINE_SECRET must be set, because there are ${apps.length} apps (${apps.join(', ')}), and they know each other by it: ${SECRET_LENGTH} characters or more, the same for all. "seamline start --topology FILE" runs all of them here and makes one`;
  return [...(given.SEAMLINE_SECRET === undefined ? [secret] : []), ...brokers];
}

/** Checks that also run when other settings are wrong, so that one answer lists them all. */
function allOrNone(...names: string[]) {
  return names.map((name) => {
    const others = names.filter((other) => other !== name);
    return z.refine<Record<string, unknown>>(
      (env) => env[name] !== undefined || others.every((other) => env[other] === undefined),
      {
        path: [name],
        error: ({ input }) => {
          const env = input as Record<string, unknown>;
          const set = others.filter((other) => env[other] !== undefined);
          return `must be set too, because ${set.join(' and ')} ${set.length === 1 ? 'is' : 'are'}`;
        },
        when: () => true,
      },
    );
  });
}

function sentence(issue: z.core.$ZodIssue, given: Record<string, string | undefined>): string {
  const name = String(issue.path[0]);
  const value = given[name];
  const shown = value === undefined || isSecret(name) ? '' : ` is ${JSON.stringify(value)}, but`;
  return `${name}${shown} ${issue.message}`;
}

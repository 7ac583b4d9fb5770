import { z } from 'zod';

/** The modules whose database connection may be given by an URL of its own, `<MODULE>_DATABASE_URL`. */
export const MODULES_WITH_DATABASE = ['identity', 'catalog', 'inventory', 'orders', 'billing', 'shipping'] as const;
export type ModuleWithDatabase = (typeof MODULES_WITH_DATABASE)[number];

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

const databaseUrl = urlOf('postgres:', 'postgresql:').optional();
const logLevels = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;

/** Every setting there is, by the name of its environment variable. */
const Environment = z
  .object({
    DATABASE_URL: databaseUrl,
    PORT: wholeNumber(0, 65_535).default(3000),
    HOST: z
      .string()
      .regex(/^[\w.:%-]+$/, 'must be an address or a host name, such as 127.0.0.1 or 0.0.0.0')
      .default('127.0.0.1'),
    SEAMLINE_HOME: z.string().optional(),
    SEAMLINE_ADMIN_EMAIL: z.email('must be an e-mail address').max(254, 'must have at most 254 characters').optional(),
    SEAMLINE_ADMIN_PASSWORD: z
      .string()
      .min(12, 'must have at least 12 characters')
      .max(200, 'must have at most 200 characters')
      .optional(),
    LOG_LEVEL: z.enum(logLevels, `must be one of ${logLevels.join(', ')}`).default('info'),
    CONNECTION_BUDGET: wholeNumber(18, 1000).default(24),
    IDENTITY_JWKS_URL: urlOf('http:', 'https:').optional(),
    IDENTITY_DATABASE_URL: databaseUrl,
    CATALOG_DATABASE_URL: databaseUrl,
    INVENTORY_DATABASE_URL: databaseUrl,
    ORDERS_DATABASE_URL: databaseUrl,
    BILLING_DATABASE_URL: databaseUrl,
    SHIPPING_DATABASE_URL: databaseUrl,
  })
  .check(
    goesWith('SEAMLINE_ADMIN_EMAIL', 'SEAMLINE_ADMIN_PASSWORD'),
    goesWith('SEAMLINE_ADMIN_PASSWORD', 'SEAMLINE_ADMIN_EMAIL'),
  );

/** Names whose value never appears in a message: it is a secret, or may hold one, as a URL does. */
const isSecret = (name: string) => name.endsWith('_PASSWORD') || name.endsWith('_URL');

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
  /** Where to fetch the keys that verify tokens; this process's own identity module when undefined. */
  identityJwksUrl: string | undefined;
  moduleDatabaseUrls: Partial<Record<ModuleWithDatabase, string>>;
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
 * @throws {SettingsError} naming every wrong one
 */
export function readSettings(env: Readonly<Record<string, string | undefined>>): Settings {
  const given = Object.fromEntries(
    Object.entries(env).filter(([, value]) => value !== undefined && value.trim() !== ''),
  );
  const read = Environment.safeParse(given);
  if (!read.success) throw new SettingsError(read.error.issues.map((issue) => sentence(issue, given)));
  const e = read.data;
  return {
    databaseUrl: e.DATABASE_URL,
    port: e.PORT,
    host: e.HOST,
    home: e.SEAMLINE_HOME,
    admin:
      e.SEAMLINE_ADMIN_EMAIL && e.SEAMLINE_ADMIN_PASSWORD
        ? { email: e.SEAMLINE_ADMIN_EMAIL, password: e.SEAMLINE_ADMIN_PASSWORD }
        : undefined,
    logLevel: e.LOG_LEVEL,
    connectionBudget: e.CONNECTION_BUDGET,
    identityJwksUrl: e.IDENTITY_JWKS_URL,
    moduleDatabaseUrls: moduleDatabaseUrls(e),
  };
}

function moduleDatabaseUrls(e: z.output<typeof Environment>): Settings['moduleDatabaseUrls'] {
  const urls: Settings['moduleDatabaseUrls'] = {};
  for (const module of MODULES_WITH_DATABASE) {
    const url = e[`${module.toUpperCase() as Uppercase<ModuleWithDatabase>}_DATABASE_URL`];
    if (url !== undefined) urls[module] = url;
  }
  return urls;
}

/** A check that also runs when other settings are wrong, so that one answer lists them all. */
function goesWith(name: string, other: string) {
  return z.refine<Record<string, unknown>>((env) => env[name] !== undefined || env[other] === undefined, {
    path: [name],
    error: `must be set too, because ${other} is`,
    when: () => true,
  });
}

function sentence(issue: z.core.$ZodIssue, given: Record<string, string | undefined>): string {
  const name = String(issue.path[0]);
  const value = given[name];
  const shown = value === undefined || isSecret(name) ? '' : ` is ${JSON.stringify(value)}, but`;
  return `${name}${shown} ${issue.message}`;
}

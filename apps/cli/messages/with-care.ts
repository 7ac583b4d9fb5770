import { hostname, userInfo } from 'node:os';
import { join, resolve } from 'node:path';
import { contextOf, declarationsOf, subscribedBy } from '#kernel/bounded-context';
import { DomainError } from '#kernel/contract/domain-error';
import { MessageCare } from '#kernel/messaging/care/message-care';
import { checkServer } from '#kernel/persistence/provisioning/check-server';
import { connect } from '#kernel/persistence/provisioning/connect';
import { credentialsKey, readPasswords } from '#kernel/persistence/provisioning/credentials';
import { urlSetting } from '#kernel/persistence/provisioning/plan';
import { roleUrl } from '#kernel/persistence/provisioning/role-url';
import { roleName } from '#kernel/persistence/role-name';
import { readSettings, type Settings } from '../../host/settings.js';
import { MonolithModule } from '../../monolith/monolith.module.js';
import { projectRoot } from '../project-root.js';
import { UserError } from '../user-error.js';
import { type Address, PlainDatabase } from './plain-database.js';
import { runningEmbedded } from './running-embedded.js';

/** Runs `work` with care for every module of the system, and lets go of the connections. */
export async function withCare<Result>(
  env: NodeJS.ProcessEnv,
  work: (care: MessageCare) => Promise<Result>,
): Promise<Result> {
  const names = declarationsOf(MonolithModule).map(({ name }) => name);
  const addresses = await addressesOf(readSettings(env, names));
  const databases = addresses.map((address) => new PlainDatabase(address));
  const taken = takenByModules();
  const modules = databases.map((database) => ({ database, takes: taken.get(database.module) ?? [] }));
  try {
    return await work(new MessageCare(() => modules));
  } catch (error) {
    throw error instanceof DomainError ? asUserError(error) : error;
  } finally {
    await Promise.all(databases.map((database) => database.end()));
  }
}

/** Who is written into the audit. */
export function actor(): string {
  return `${userName()}@${hostname()}`;
}

function userName(): string {
  try {
    return userInfo().username;
  } catch {
    // A container may run under a number that has no name.
    return `uid ${process.getuid?.()}`;
  }
}

/** The types of messages that each module takes. */
function takenByModules(): Map<string, string[]> {
  const imports: (typeof MonolithModule)[] = Reflect.getMetadata('imports', MonolithModule);
  const contexts = imports.flatMap((module) => contextOf(module) ?? []);
  return new Map(
    contexts.map((context) => [context.declaration.name, subscribedBy(context).map(({ type }) => type.name)]),
  );
}

/** Each module's own role: of <MODULE>_DATABASE_URL, or with the password that the first start kept in the home. */
async function addressesOf(settings: Settings): Promise<Address[]> {
  const home = resolve(settings.home ?? join(projectRoot, '.seamline'));
  const databaseUrl = settings.databaseUrl ?? runningEmbedded(home);
  const file = join(home, 'database-roles.json');
  const client = await connect(databaseUrl, 'DATABASE_URL');
  try {
    const server = await checkServer(client);
    const { database } = server;
    const passwords = await readPasswords(file, credentialsKey(server));
    return declarationsOf(MonolithModule).map(({ name, schema }) => {
      const given = settings.moduleDatabaseUrls[name];
      const role = roleName(database, name);
      const password = passwords[role];
      if (given !== undefined) return { module: name, schema, url: given, setting: urlSetting(name) };
      if (password === undefined) throw unknownPassword(role, file, name);
      return { module: name, schema, url: roleUrl(client, databaseUrl, role, password), setting: 'DATABASE_URL' };
    });
  } finally {
    await client.end();
  }
}

function unknownPassword(role: string, file: string, module: string): UserError {
  return new UserError(
    `${file} does not hold the password of role "${role}".`,
    `Set SEAMLINE_HOME to the folder that the system is started with, start it there once, or give the role in ${urlSetting(module)}.`,
  );
}

function asUserError({ message }: DomainError): UserError {
  const [, what, mend] = /^(.+?[.?!]) (.+)$/s.exec(message) ?? [];
  return new UserError(what ?? message, mend ?? 'See what there is: seamline messages lag');
}

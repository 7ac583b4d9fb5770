import { readSite, type Site } from '../../host/site.js';
import { takeHomeLock } from '../embedded/home-lock.js';
import { projectRoot } from '../project-root.js';
import { declaredModules } from '../system/module-files.js';
import { explain, isMendable } from '../user-error.js';
import { checkPort, portError } from './check-port.js';
import { type Database, startDatabase } from './database.js';
import { keepDetails, makeHome } from './home.js';
import { END_WITHIN_MS, type Life, live } from './life.js';
import { complain, say, surviveClosedOutput } from './output.js';
import { type Parent, parentOf } from './parent.js';

const APP_ENDS_WITHIN_MS = 3000;

/** Starts one app, as the environment says, and keeps it running until it is asked to end; see {@link live}. */
export async function run(env: NodeJS.ProcessEnv): Promise<never> {
  surviveClosedOutput();
  const parent = parentOf(env);
  const { site, home } = await prepared(env, parent);
  return live((life) => startAll(site, home, life, parent), {
    withParent: parent !== undefined,
    stopping: () => {
      if (!parent) say('Stopping …');
    },
    report: async (error) => {
      const text = told(error, site, home);
      if (parent) await parent.tell({ failed: text });
      else complain(text);
    },
  });
}

/** A parent is told what is wrong in its child's place. */
async function prepared(env: NodeJS.ProcessEnv, parent: Parent | undefined): Promise<{ site: Site; home: string }> {
  try {
    const site = readSite(env, { modules: declaredModules(projectRoot) });
    return { site, home: makeHome(site.settings.home) };
  } catch (error) {
    if (!parent) throw error;
    await parent.tell({ failed: explain(error) });
    process.exit(1);
  }
}

async function startAll(site: Site, home: string, life: Life, parent: Parent | undefined): Promise<void> {
  const { settings } = site;
  const needsEmbedded = embeds(site);
  const lock = needsEmbedded ? takeHomeLock(home) : undefined;
  if (lock) life.closers.push({ atMostMs: END_WITHIN_MS, close: async () => lock.release() });
  await checkPort(settings.port, settings.host);

  const database: Database | undefined = needsEmbedded ? await startDatabase(home, life) : undefined;
  const { signal } = life.watch;
  signal.throwIfAborted();
  const app = await startApp(site, database?.url ?? settings.databaseUrl, home, life, parent);
  signal.throwIfAborted();
  lock?.noteUrl(app.url);
  if (parent) await parent.tell({ ready: app.url });
  else sayReady(app.url);
  await database?.keepRunning();
}

export function sayReady(url: string): void {
  say(`Seamline is ready on ${url} (${(performance.now() / 1000).toFixed(1)} s)`);
  say(`The API is described on ${url}/docs; Ctrl-C stops everything.`);
}

/** A gateway that holds no module needs no database. */
function embeds({ app, settings }: Site): boolean {
  return settings.databaseUrl === undefined && app.modules.length > 0;
}

async function startApp(
  site: Site,
  databaseUrl: string | undefined,
  home: string,
  { closers }: Life,
  parent: Parent | undefined,
) {
  if (!parent) say('Starting the modules …');
  const { boot } = await import('../../host/boot.js');
  const booting = boot({ site, databaseUrl, home, say });
  closers.push({ atMostMs: APP_ENDS_WITHIN_MS, close: async () => (await booting).close() });
  return booting;
}

/** A user's mistake is told in its own words; of anything else the details go to a file, for whoever looks into it. */
function told(error: unknown, site: Site, home: string): string {
  const { port, host } = site.settings;
  const code = (error as NodeJS.ErrnoException | null)?.code;
  if (code === 'EADDRINUSE') return explain(portError(code, port, host));
  if (isMendable(error)) return explain(error);
  return `${explain(error)}\n${keepDetails(error, home, `error-${site.app.name}.log`, embeds(site))}`;
}

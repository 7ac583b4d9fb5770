import { resolve } from 'node:path';
import { takeHomeLock } from '../embedded/home-lock.js';
import { explain, isMendable } from '../user-error.js';
import { checkPort } from './check-port.js';
import { startDatabase } from './database.js';
import { keepDetails, makeHome } from './home.js';
import { END_WITHIN_MS, type Life, live } from './life.js';
import { complain, say, surviveClosedOutput } from './output.js';
import { sayReady } from './run.js';
import { AppProcess, CannotStart } from './topology/app-process.js';
import { budgetOf, serverConnections } from './topology/connections.js';
import { keptSecret } from './topology/kept-secret.js';
import { MergedOutput } from './topology/merged-output.js';
import { type Plan, type PlannedProcess, planTopology } from './topology/plan.js';

/** As long as an app takes by itself, and a moment; the database needs the rest. */
const APPS_END_WITHIN_MS = 3400;
/** What does not end is killed so long before that time is over. */
const KILLED_WITHIN_MS = 200;

/**
 * Runs all apps of a topology on this machine, one process each, and keeps them running until it is asked to end; see
 * {@link live}.
 */
export async function runTopology(env: NodeJS.ProcessEnv, file: string): Promise<never> {
  surviveClosedOutput();
  const plan = await planTopology(env, resolve(file));
  const home = makeHome(plan.settings.home);
  return live((life) => startAll(env, plan, home, life), {
    stopping: () => say('Stopping …'),
    report: async (error) => complain(told(error, plan, home)),
  });
}

async function startAll(env: NodeJS.ProcessEnv, plan: Plan, home: string, life: Life): Promise<void> {
  const { settings, processes } = plan;
  const needsEmbedded = embeds(plan);
  const lock = needsEmbedded ? takeHomeLock(home) : undefined;
  if (lock) life.closers.push({ atMostMs: END_WITHIN_MS, close: async () => lock.release() });
  await checkPort(settings.port, settings.host);

  const database = needsEmbedded ? await startDatabase(home, life, serverConnections(processes)) : undefined;
  life.watch.signal.throwIfAborted();
  const common = {
    ...plan.addresses,
    SEAMLINE_TOPOLOGY: plan.file,
    SEAMLINE_HOME: home,
    SEAMLINE_SECRET: env.SEAMLINE_SECRET?.trim() || keptSecret(home),
    ...(database && { DATABASE_URL: database.url }),
  };
  const url = await startApps(plan, (each) => ({ ...budgetFor(each, plan), ...env, ...common, ...own(each) }), life);
  life.watch.signal.throwIfAborted();
  lock?.noteUrl(url);
  sayReady(url);
  await database?.keepRunning();
}

/** Answers where the public enters, once all of them are ready. */
async function startApps(
  { processes }: Plan,
  environment: (each: PlannedProcess) => NodeJS.ProcessEnv,
  { closers, watch }: Life,
): Promise<string> {
  const names = processes.map(({ label }) => label);
  say(`Starting ${names.join(', ')} …`);
  const [out, errors] = await Promise.all([
    MergedOutput.to(process.stdout, names),
    MergedOutput.to(process.stderr, names),
  ]);
  const apps = processes.map((each) => ({ ...each, app: new AppProcess(each.label, environment(each), out, errors) }));
  closers.push({
    atMostMs: APPS_END_WITHIN_MS,
    close: async (leftMs) => {
      void watch.hurried.then(() => {
        for (const { app } of apps) app.kill();
      });
      await Promise.all(apps.map(({ app }) => app.stop(leftMs - KILLED_WITHIN_MS)));
    },
  });
  const urls = await Promise.all(
    apps.map(async ({ app, label, isFront }) => {
      app.start();
      const url = await app.started.catch((error: Error) => {
        throw error instanceof CannotStart ? new CannotStart(`${label} cannot start. ${error.message}`) : error;
      });
      say(`${label} is ready on ${url}`);
      return { url, isFront };
    }),
  );
  return urls.find(({ isFront }) => isFront)?.url as string;
}

/** What the environment says nothing about: the embedded server has so many connections, and all share them. */
function budgetFor(each: PlannedProcess, plan: Plan): NodeJS.ProcessEnv {
  return embeds(plan) ? { CONNECTION_BUDGET: String(budgetOf(each, plan.processes)) } : {};
}

function own({ app, http, wirePort }: PlannedProcess): NodeJS.ProcessEnv {
  return {
    SEAMLINE_APP: app,
    HOST: http.host,
    PORT: String(http.port),
    WIRE_HOST: '127.0.0.1',
    WIRE_PORT: String(wirePort),
  };
}

/** Where no app holds a module, none needs a database. */
function embeds({ settings, processes }: Plan): boolean {
  return settings.databaseUrl === undefined && processes.some(({ modules }) => modules > 0);
}

function told(error: unknown, plan: Plan, home: string): string {
  if (error instanceof CannotStart) return error.message;
  if (isMendable(error)) return explain(error);
  return `${explain(error)}\n${keepDetails(error, home, 'error.log', embeds(plan))}`;
}

import { mkdirSync } from 'node:fs';
import { resolve } from 'node:path';
import { boot } from './boot.js';
import { watchForEnding } from './ending.js';
import { readSite } from './site.js';

/** From the request to end until the process is gone, in milliseconds. */
const END_WITHIN = 4_500;

/**
 * The whole life of a process that is one app, on a database that somebody else keeps: 0 when it was asked to end, 1 when
 * something failed.
 * @param name which app of the topology
 */
export async function runApp(name: string): Promise<never> {
  const watch = watchForEnding();
  const starting = Promise.resolve().then(() => start(name));
  const failed = starting.then(() => new Promise<never>(() => undefined));
  const ending = await Promise.race([watch.ended, failed]).catch((error: unknown) => ({
    reason: 'failed' as const,
    error,
  }));
  if (ending.reason === 'failed') process.stderr.write(`${told(ending.error)}\n`);
  const closed = starting.then((app) => app.close()).catch(() => undefined);
  await Promise.race([closed, watch.hurried, new Promise((late) => setTimeout(late, END_WITHIN))]);
  process.exit(ending.reason === 'failed' ? 1 : 0);
}

async function start(name: string) {
  const site = readSite(process.env, { app: name });
  const home = resolve(site.settings.home ?? '.seamline');
  mkdirSync(home, { recursive: true });
  const say = (line: string) => process.stdout.write(`${line}\n`);
  const app = await boot({ site, databaseUrl: site.settings.databaseUrl, home, say });
  say(`${name} is ready on ${app.url}`);
  return app;
}

/** An operator's mistake is told in its own words; anything else with all that is known of it. */
function told(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return 'mend' in error ? `${error.message}\n${error.mend}` : (error.stack ?? error.message);
}

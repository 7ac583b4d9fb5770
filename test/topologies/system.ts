import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Topology } from '#kernel/topology/topology';
import { ADMIN } from '../shop.js';
import { createEmptyDatabase, type EmptyDatabase } from '../test-database.js';
import { freePort } from '../transports/ports.js';
import { appsOf, type Running, seamline } from './seamline.js';

/** A running system, known by its address; how it is made of apps is nobody's business who uses it. */
export interface System {
  readonly url: string;
  /** What its processes printed. */
  printed(): string;
  /** The processes that live, by the name of each. */
  processes(): Map<string, number>;
  /** Ends all of it. @returns exit codes, which are 0 where all went well */
  stop(): Promise<number[]>;
}

/** A system whose apps were started one by one, so that one that is killed stays dead. */
export interface LooseSystem extends System {
  start(app: string): Promise<void>;
  /** As kill -9 does. */
  kill(app: string): Promise<void>;
}

/** What every topology is run with. */
interface Place {
  readonly folder: string;
  readonly database: EmptyDatabase;
  readonly env: Record<string, string>;
}

/** Few enough that all processes fit on a server as it is set up by default, and enough for each of its modules. */
const LEAST_CONNECTIONS = 12;
const SPARE_CONNECTIONS = 3;
const CONNECTIONS_OF_A_MODULE = 3;

/** All apps of the topology, as `seamline start --topology` runs them. @param more settings, such as that of a broker */
export async function startSystem(topology: Topology, more: Record<string, string> = {}): Promise<System> {
  const place = await prepare(topology, more);
  const running = seamline(['start', '--topology', place.env.SEAMLINE_TOPOLOGY as string], place.env);
  try {
    const [, url] = await running.says(/^Seamline is ready on (\S+)/m);
    return {
      url: url as string,
      printed: running.printed,
      processes: () => appsOf(running.child.pid as number),
      stop: () => stopAll([running], place),
    };
  } catch (error) {
    await stopAll([running], place);
    throw error;
  }
}

/** Each app as whoever operates several machines starts it. */
export async function startApart(topology: Topology, more: Record<string, string> = {}): Promise<LooseSystem> {
  const addresses = new Map<string, { port: number; wirePort: number }>();
  for (const app of Object.keys(topology.apps))
    addresses.set(app, { port: await freePort(), wirePort: await freePort() });
  const addressed = Object.entries(topology.apps).map(([name, app]) => {
    const { port, wirePort } = addresses.get(name) as { port: number; wirePort: number };
    return [name, { ...app, http: `http://127.0.0.1:${port}`, wire: `127.0.0.1:${wirePort}` }] as const;
  });
  const secret = { SEAMLINE_SECRET: 'known to all apps of this test, and to nobody else' };
  const place = await prepare({ ...topology, apps: Object.fromEntries(addressed) }, { ...more, ...secret });
  const gateway = topology.gateway ?? (Object.keys(topology.apps)[0] as string);
  const running = new Map<string, Running>();
  let ended = '';
  const start = async (app: string) => {
    const { port } = addresses.get(app) as { port: number };
    const process = seamline(['start'], { ...place.env, SEAMLINE_APP: app, PORT: `${port}` });
    running.set(app, process);
    await process.says(/^Seamline is ready on/m);
  };
  const system: LooseSystem = {
    url: `http://127.0.0.1:${addresses.get(gateway)?.port}`,
    printed: () => ended + [...running].map(([app, { printed }]) => `── ${app}\n${printed()}`).join('\n'),
    processes: () => new Map([...running].map(([app, { child }]) => [app, child.pid as number])),
    start,
    kill: async (app) => {
      const process = running.get(app) as Running;
      process.child.kill('SIGKILL');
      await process.ended;
      ended += `── ${app}, killed\n${process.printed()}\n`;
      running.delete(app);
    },
    stop: () => stopAll([...running.values()], place),
  };
  try {
    await Promise.all(Object.keys(topology.apps).map(start));
    return system;
  } catch (error) {
    await system.stop();
    throw error;
  }
}

async function prepare(topology: Topology, more: Record<string, string>): Promise<Place> {
  const folder = mkdtempSync(join(tmpdir(), 'seamline-system-'));
  mkdirSync(join(folder, 'home'));
  const file = join(folder, 'topology.json');
  writeFileSync(file, JSON.stringify(topology));
  const database = await createEmptyDatabase();
  const mostModules = Math.max(...Object.values(topology.apps).map(({ modules }) => modules.length));
  const env = {
    DATABASE_URL: database.databaseUrl,
    CONNECTION_BUDGET: `${Math.max(LEAST_CONNECTIONS, CONNECTIONS_OF_A_MODULE * mostModules + SPARE_CONNECTIONS)}`,
    SEAMLINE_HOME: join(folder, 'home'),
    SEAMLINE_TOPOLOGY: file,
    SEAMLINE_ADMIN_EMAIL: ADMIN.email,
    SEAMLINE_ADMIN_PASSWORD: ADMIN.password,
    PORT: '0',
    ...more,
  };
  return { folder, database, env };
}

async function stopAll(all: readonly Running[], { database, folder }: Place): Promise<number[]> {
  for (const { child } of all) child.kill('SIGTERM');
  const codes = await Promise.all(all.map(({ ended }) => ended));
  await database.drop();
  rmSync(folder, { recursive: true, force: true });
  return codes;
}

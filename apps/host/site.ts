import { readFileSync } from 'node:fs';
import { findPackageJSON } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { modulesIn, type PlacedApp, type Placement, parseTopology, readTopology } from '#kernel/topology/topology';
import { topologyIn, UnreadableTopology } from '#kernel/topology/topology-text';
import { type Demands, readSettings, type Settings, SettingsError } from './settings.js';

type Environment = Readonly<Record<string, string | undefined>>;

/** What a process is to be: one app of a topology, and its settings. */
export interface Site {
  readonly app: PlacedApp;
  readonly settings: Settings;
  /** Where everything stands. @throws TopologyError unless these are exactly the modules that the topology places. */
  placementOf(modules: readonly string[]): Placement;
}

export interface SiteOptions {
  /** In place of SEAMLINE_APP. */
  readonly app?: string | undefined;
  /** In place of the file. */
  readonly topology?: unknown;
  /** Those that there are, where somebody knows them already. */
  readonly modules?: readonly string[];
}

/**
 * Reads the topology and the settings of one app of it: the one that SEAMLINE_APP names, or else the only one, or else
 * the gateway. Which modules there are it takes from the topology where nobody says: to ask the modules themselves is to
 * load them all.
 * @throws TopologyError, SettingsError naming everything that is wrong
 */
export function readSite(env: Environment, options: SiteOptions = {}): Site {
  const topology = options.topology ?? readTopologyFile(topologyFile(env));
  const modules = options.modules ?? modulesIn(parseTopology(topology));
  const placement = readTopology(topology, modules, env);
  const app = chosen(placement, options.app ?? (env.SEAMLINE_APP?.trim() || undefined));
  return {
    app,
    settings: readSettings(env, modules, demandsOn(app, placement)),
    placementOf: (all) => readTopology(topology, all, env),
  };
}

/** `topology.json` of the project where SEAMLINE_TOPOLOGY names no other. */
export function topologyFile(env: Environment): string {
  const root = dirname(findPackageJSON(import.meta.url) ?? '.');
  return env.SEAMLINE_TOPOLOGY?.trim() ? resolve(env.SEAMLINE_TOPOLOGY) : join(root, 'topology.json');
}

/** @throws with a mend, where there is none */
export function readTopologyFile(file: string): unknown {
  try {
    return topologyIn(readFileSync(file, 'utf8'));
  } catch (error) {
    const { message } = error as Error;
    const [what, todo] =
      error instanceof UnreadableTopology
        ? [`${file} ${message}.`, 'Correct it']
        : [`There is no topology in ${file}: ${message}.`, 'Put one there'];
    const mend = `${todo}, or name another file by --topology or SEAMLINE_TOPOLOGY.`;
    throw Object.assign(new Error(what), { mend });
  }
}

function chosen(placement: Placement, name: string | undefined): PlacedApp {
  if (name === undefined) return placement.gateway;
  const app = placement.apps.find((each) => each.name === name);
  if (app) return app;
  const names = placement.apps.map((each) => each.name).join(', ');
  throw new SettingsError([`SEAMLINE_APP is "${name}", but must be an app of the topology, which has ${names}`]);
}

function demandsOn(app: PlacedApp, { apps }: Placement): Demands {
  const holding = apps.filter(({ modules }) => modules.length > 0);
  const exchanges = app.modules.length > 0 && holding.length > 1;
  return {
    apps: apps.map(({ name }) => name),
    held: app.modules.length,
    reached: exchanges ? holding.map(({ name, transport }) => ({ app: name, by: transport })) : [],
  };
}

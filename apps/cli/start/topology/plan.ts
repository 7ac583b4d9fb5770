import { parseTopology, type Topology, variableOf } from '#kernel/topology/topology';
import { mustBeAddresses } from '../../../host/broker-servers.js';
import type { Settings } from '../../../host/settings.js';
import { readSite, readTopologyFile } from '../../../host/site.js';
import { projectRoot } from '../../project-root.js';
import { declaredModules } from '../../system/module-files.js';
import { freePorts } from './free-ports.js';
import { newSecret } from './kept-secret.js';

/** One process to run: an instance of an app. */
export interface PlannedProcess {
  /** `inventory`, or `inventory.2` where there are several. */
  readonly label: string;
  readonly app: string;
  readonly modules: number;
  readonly http: { readonly host: string; readonly port: number };
  readonly wirePort: number;
  /** Whether the public reaches the system by it. */
  readonly isFront: boolean;
}

export interface Plan {
  readonly file: string;
  readonly settings: Settings;
  readonly processes: readonly PlannedProcess[];
  /** Of every app, as `<APP>_HTTP` and `<APP>_WIRE`. */
  readonly addresses: Readonly<Record<string, string>>;
}

const LOOPBACK = '127.0.0.1';

/**
 * Gives every instance of every app an address on this machine, and makes sure that all of them could start.
 * @throws TopologyError, SettingsError naming everything that is wrong; BrokerNotUsable for the address of a broker
 */
export async function planTopology(env: NodeJS.ProcessEnv, file: string): Promise<Plan> {
  const topology = parseTopology(readTopologyFile(file));
  const ports = await freePorts(2 * instancesOf(topology));
  // What is wrong about the topology or the settings does not depend on where the public enters.
  const drafted = addressesOf(processesOf(topology, ports, { host: LOOPBACK, port: 0 }));
  const settings = await settingsWithin(env, topology, file, drafted);
  const processes = processesOf(topology, ports, settings);
  return { file, settings, processes, addresses: addressesOf(processes) };
}

/** Those of an app that holds modules, if any does: more is asked of it than of others. */
async function settingsWithin(
  env: NodeJS.ProcessEnv,
  { apps }: Topology,
  file: string,
  addresses: Record<string, string>,
): Promise<Settings> {
  const [app] = Object.entries(apps).toSorted(([, a], [, b]) => b.modules.length - a.modules.length)[0] ?? [];
  const secret = env.SEAMLINE_SECRET?.trim() ? {} : { SEAMLINE_SECRET: newSecret() };
  const modules = declaredModules(projectRoot);
  const site = readSite({ ...env, ...secret, ...addresses, SEAMLINE_TOPOLOGY: file }, { app, modules });
  const holding = site.placementOf(modules).apps.filter((each) => each.modules.length > 0);
  if (holding.length > 1)
    await mustBeAddresses(site.settings.brokers, new Set(holding.map(({ transport }) => transport)));
  return site.settings;
}

function instancesOf({ apps }: Topology): number {
  return Object.values(apps).reduce((sum, { instances = 1 }) => sum + instances, 0);
}

/** @param ports two for each process */
function processesOf(
  { apps, gateway = Object.keys(apps)[0] }: Topology,
  ports: readonly number[],
  front: Pick<Settings, 'host' | 'port'>,
): PlannedProcess[] {
  const all = Object.entries(apps).flatMap(([app, { modules, instances = 1 }]) =>
    Array.from({ length: instances }, (_, n) => ({
      label: instances === 1 ? app : `${app}.${n + 1}`,
      app,
      modules: modules.length,
      isFront: app === gateway && n === 0,
    })),
  );
  return all.map((each, n) => {
    const own = { host: LOOPBACK, port: ports[2 * n] as number };
    const http = each.isFront ? { host: front.host, port: front.port === 0 ? own.port : front.port } : own;
    return { ...each, http, wirePort: ports[2 * n + 1] as number };
  });
}

function addressesOf(processes: readonly PlannedProcess[]): Record<string, string> {
  const byApp = [...Map.groupBy(processes, ({ app }) => app)];
  return Object.fromEntries(
    byApp.flatMap(([app, instances]) => [
      [variableOf(app, 'HTTP'), instances.map(({ http }) => `http://${reachable(http.host)}:${http.port}`).join(',')],
      [variableOf(app, 'WIRE'), instances.map(({ wirePort }) => `${LOOPBACK}:${wirePort}`).join(',')],
    ]),
  );
}

function reachable(host: string): string {
  if (host === '0.0.0.0' || host === '::') return LOOPBACK;
  return host.includes(':') ? `[${host}]` : host;
}

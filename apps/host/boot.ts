import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { CqrsModule } from '@nestjs/cqrs';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { Kernel, subscribedBy } from '#kernel/bounded-context';
import { createHttpApp } from '#kernel/http/create-http-app';
import { type Provisioned, provision } from '#kernel/persistence/provision';
import { overWire } from '#kernel/requests/elsewhere';
import { WireStrategy } from '#kernel/requests/wire-strategy';
import { Runtime } from '#kernel/runtime';
import type { PlacedApp, Placement } from '#kernel/topology/topology';
import { mustBeWhole } from '#kernel/whole-system';
import type { BootOptions } from './boot-options.js';
import { type FirstAdmin, withFirstAdmin } from './first-admin.js';
import { IDENTITY, keysFor } from './keys.js';
import { type Settings, SettingsError } from './settings.js';
import { livesIn, membersOfTheSystem } from './system.js';
import { transportFor } from './transport.js';
import { cannotListen, secretOf, wireFor } from './wire.js';

export interface RunningApp {
  /** Where it listens. */
  url: string;
  /** Drains: finishes requests and the batches under way, then lets go of everything. */
  close(): Promise<void>;
}

const ISSUER = 'seamline';
const NO_DATABASE: Provisioned = { ownerUrl: '', moduleUrls: {} };

/** How the HTTP API of the whole system introduces itself. */
export const API = { title: 'Seamline', description: 'A small shop in six modules.', version: '1' };

class AppModule {}

/**
 * Boots one app of the topology in this process: roles and schemas of its modules, the modules (each migrates itself),
 * the ways to the other apps, HTTP.
 * @throws errors with a `mend` for whatever its operator can put right.
 */
export async function boot(options: BootOptions): Promise<RunningApp> {
  const members = membersOfTheSystem();
  mustBeWhole(members.map(({ context }) => context));
  const placement = options.site.placementOf(members.map(({ context }) => context.declaration.name));
  const app = placement.app(options.site.app.name);
  const start = (admin?: FirstAdmin) => bootApp(options, placement, app, admin);
  return app.modules.includes(IDENTITY) ? withFirstAdmin(options, start) : start();
}

async function bootApp(
  options: BootOptions,
  placement: Placement,
  app: PlacedApp,
  admin: FirstAdmin | undefined,
): Promise<RunningApp> {
  const { settings } = options.site;
  const members = membersOfTheSystem();
  const here = members.filter((member) => livesIn(app, member));
  const wire = wireFor(app, placement, settings);
  const runtime = new Runtime({
    ...(await provisioned(
      options,
      here.map(({ context }) => context.declaration),
    )),
    connectionBudget: settings.connectionBudget,
    transport: await transportFor(app, placement, wire, settings),
    settings: { [IDENTITY]: { admin } },
    elsewhere: wire && overWire(wire, (module) => placement.appOf(module).name),
  });
  for (const { context } of members.filter((member) => !livesIn(app, member)))
    runtime.announce(context.declaration, subscribedBy(context));
  let url = '';
  const root = {
    module: AppModule,
    imports: [...here.map(({ module }) => module), Kernel.forRoot(runtime), CqrsModule.forRoot()],
  };
  const http = await createHttpApp(root, {
    settings: { jwksUrls: keysFor(app, placement, settings, () => url), issuer: ISSUER, audience: ISSUER },
    api: { ...API, description: descriptionOf(app, placement) },
    logLevel: settings.logLevel,
    forwarding: wire && {
      placement,
      self: app.name,
      modules: members.map(({ module }) => module),
      secret: secretOf(settings),
    },
  });
  if (wire)
    http.connectMicroservice({
      strategy: new WireStrategy(wire, (question, signal) => runtime.requests.answer(question, signal)),
    });
  url = await listen(http, settings);
  return { url, close: () => http.close() };
}

async function provisioned(
  { site, databaseUrl, home, say }: BootOptions,
  modules: { name: string; schema: string }[],
): Promise<Provisioned> {
  if (modules.length === 0) return NO_DATABASE;
  if (databaseUrl === undefined)
    throw new SettingsError([`DATABASE_URL must be set, because ${site.app.name} holds modules`]);
  return provision({
    databaseUrl,
    modules,
    credentialsFile: join(home, 'database-roles.json'),
    moduleUrls: site.settings.moduleDatabaseUrls,
    say,
  });
}

/** The wire before HTTP: whoever reaches an app finds it whole. Answers where HTTP is served. */
async function listen(http: NestFastifyApplication, settings: Settings): Promise<string> {
  const { port, host } = settings;
  try {
    await http.init();
    await http.startAllMicroservices().catch((error) => {
      throw cannotListen(error, settings);
    });
    await http.listen(port, host);
  } catch (error) {
    await http.close();
    throw error;
  }
  return addressOf(http, host);
}

function descriptionOf({ name, modules }: PlacedApp, { gateway, apps }: Placement): string {
  if (apps.length === 1 || name === gateway.name) return API.description;
  return `The part of a small shop that lives in the app ${name}: ${modules.join(', ')}.`;
}

function addressOf(http: NestFastifyApplication, host: string): string {
  const { port } = http.getHttpServer().address() as AddressInfo;
  const nearby = ['0.0.0.0', '::', '127.0.0.1'].includes(host);
  return `http://${nearby ? 'localhost' : host.includes(':') ? `[${host}]` : host}:${port}`;
}

import { readFile } from 'node:fs/promises';
import { findPackageJSON } from 'node:module';
import type { AddressInfo } from 'node:net';
import { dirname, join } from 'node:path';
import { CqrsModule } from '@nestjs/cqrs';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { declarationsOf, Kernel } from '#kernel/bounded-context';
import { createHttpApp } from '#kernel/http/create-http-app';
import { provision } from '#kernel/persistence/provision';
import { Runtime } from '#kernel/runtime';
import { readTopology, TopologyError } from '#kernel/topology/topology';
import { InProcessTransport } from '#kernel/transports/in-process';
import type { BootOptions } from './boot-options.js';
import { withFirstAdmin } from './first-admin.js';
import { MonolithModule } from './monolith.module.js';
import type { Settings } from './settings.js';

export interface RunningApp {
  /** Where it listens. */
  url: string;
  /** Drains: finishes requests and the batches under way, then lets go of everything. */
  close(): Promise<void>;
}

const ISSUER = 'seamline';

/**
 * Boots every module in this process: topology, roles and schemas, modules (each migrates itself), HTTP.
 * @throws errors with a `mend` for whatever its operator can put right.
 */
export async function boot(options: BootOptions): Promise<RunningApp> {
  const { settings } = options;
  const modules = declarationsOf(MonolithModule);
  await checkTopology(modules.map(({ name }) => name));
  const { ownerUrl, moduleUrls } = await provision({
    databaseUrl: options.databaseUrl,
    modules,
    credentialsFile: join(options.home, 'database-roles.json'),
    moduleUrls: settings.moduleDatabaseUrls,
    say: options.say,
  });
  return withFirstAdmin(options, async (admin) => {
    const runtime = new Runtime({
      ownerUrl,
      moduleUrls,
      connectionBudget: settings.connectionBudget,
      transport: new InProcessTransport(),
      settings: { identity: { admin } },
    });
    return serve(runtime, settings);
  });
}

async function checkTopology(modules: string[]): Promise<void> {
  const root = dirname(findPackageJSON(import.meta.url) ?? '.');
  const file = join(root, 'topology.json');
  const json = await readFile(file, 'utf8')
    .then(JSON.parse)
    .catch((error: Error) => {
      throw new TopologyError([`${file} cannot be read: ${error.message}`]);
    });
  readTopology(json, modules);
}

async function serve(runtime: Runtime, settings: Settings): Promise<RunningApp> {
  let url = '';
  const jwksUrl = () => settings.identityJwksUrl ?? `${url}/.well-known/jwks.json`;
  const root = { module: MonolithModule, imports: [Kernel.forRoot(runtime), CqrsModule.forRoot()] };
  const app = await createHttpApp(root, {
    settings: { jwksUrl, issuer: ISSUER, audience: ISSUER },
    api: { title: 'Seamline', description: 'A small shop in six modules.', version: '1' },
    logLevel: settings.logLevel,
  });
  try {
    await app.listen(settings.port, settings.host);
  } catch (error) {
    await app.close();
    throw error;
  }
  url = addressOf(app, settings.host);
  return { url, close: () => app.close() };
}

function addressOf(app: NestFastifyApplication, host: string): string {
  const { port } = app.getHttpServer().address() as AddressInfo;
  const everywhere = host === '0.0.0.0' || host === '::';
  return `http://${everywhere || host === '127.0.0.1' ? 'localhost' : host}:${port}`;
}

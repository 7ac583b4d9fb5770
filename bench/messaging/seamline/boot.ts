import { join } from 'node:path';
import { Module, type OnModuleInit, type Type } from '@nestjs/common';
import { CqrsModule } from '@nestjs/cqrs';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { declarationsOf, Kernel } from '../../../src/shared-kernel/bounded-context.js';
import { createHttpApp } from '../../../src/shared-kernel/http/create-http-app.js';
import { provision } from '../../../src/shared-kernel/persistence/provision.js';
import { Runtime } from '../../../src/shared-kernel/runtime.js';
import { InProcessTransport } from '../../../src/shared-kernel/transports/in-process.js';
import type { Transport } from '../../../src/shared-kernel/transports/transport.js';
import type { Stage } from '../../harness/child.js';

export interface BootOptions {
  readonly transport?: Transport;
  /** Called when all is ready, just before the first message may be sent. */
  readonly beforeRelays?: () => void;
}

/** The modules as the monolith boots its own: provisioned roles, migrations, Nest and its HTTP server, relays. */
export async function boot(
  { databaseUrl, folder }: Stage<unknown>,
  modules: Type[],
  { transport = new InProcessTransport(), beforeRelays = () => {} }: BootOptions = {},
): Promise<NestFastifyApplication> {
  /** Nest initialises the root last, and only then bootstraps the modules, which starts their relays. */
  @Module({ imports: modules })
  class Root implements OnModuleInit {
    onModuleInit(): void {
      beforeRelays();
    }
  }
  const provisioned = await provision({
    databaseUrl,
    modules: declarationsOf(Root),
    credentialsFile: join(folder, 'credentials.json'),
  });
  const runtime = new Runtime({ ...provisioned, connectionBudget: 24, transport, settings: {} });
  const app = await createHttpApp(
    { module: Root, imports: [Kernel.forRoot(runtime), CqrsModule.forRoot()] },
    {
      settings: { jwksUrl: () => 'http://127.0.0.1/nobody-signs-in', issuer: 'seamline', audience: 'seamline' },
      api: { title: 'Bench', description: 'Modules that are measured.', version: '1' },
      logLevel: 'warn',
    },
  );
  await app.listen(0, '127.0.0.1');
  return app;
}

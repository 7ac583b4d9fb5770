import { join } from 'node:path';
import { Module, type OnModuleInit, type Type } from '@nestjs/common';
import { CqrsModule } from '@nestjs/cqrs';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import {
  type BoundedContextOptions,
  contextOf,
  declarationsOf,
  Kernel,
  subscribedBy,
} from '../../src/shared-kernel/bounded-context.js';
import { createHttpApp } from '../../src/shared-kernel/http/create-http-app.js';
import { provision } from '../../src/shared-kernel/persistence/provision.js';
import { overWire } from '../../src/shared-kernel/requests/elsewhere.js';
import { WireStrategy } from '../../src/shared-kernel/requests/wire-strategy.js';
import { Runtime } from '../../src/shared-kernel/runtime.js';
import { InProcessTransport } from '../../src/shared-kernel/transports/in-process.js';
import type { Transport } from '../../src/shared-kernel/transports/transport.js';
import type { Wire } from '../../src/shared-kernel/transports/wire/wire.js';
import type { Stage } from '../harness/child.js';

export interface BootOptions {
  readonly transport?: Transport;
  /** Called when all is ready, just before the first message may be sent. */
  readonly beforeRelays?: () => void;
  /** Of one app among two: the way to the other one. */
  readonly apart?: Apart;
}

export interface Apart {
  readonly wire: Wire;
  /** The name of the other app. */
  readonly other: string;
  /** What lives there. */
  readonly elsewhere: readonly Type[];
}

/** The modules as an app boots its own: provisioned roles, migrations, Nest and its HTTP server, the wire, relays. */
export async function boot(
  { databaseUrl, folder }: Stage<unknown>,
  modules: readonly Type[],
  { transport = new InProcessTransport(), beforeRelays = () => {}, apart }: BootOptions = {},
): Promise<NestFastifyApplication> {
  /** Nest initialises the root last, and only then bootstraps the modules, which starts their relays. */
  @Module({ imports: [...modules] })
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
  const elsewhere = apart && overWire(apart.wire, () => apart.other);
  const runtime = new Runtime({ ...provisioned, connectionBudget: 24, transport, settings: {}, elsewhere });
  for (const module of apart?.elsewhere ?? []) {
    const context = contextOf(module) as BoundedContextOptions;
    runtime.announce(context.declaration, subscribedBy(context));
  }
  const app = await createHttpApp(
    { module: Root, imports: [Kernel.forRoot(runtime), CqrsModule.forRoot()] },
    {
      settings: { jwksUrls: () => ['http://127.0.0.1/nobody-signs-in'], issuer: 'seamline', audience: 'seamline' },
      api: { title: 'Bench', description: 'Modules that are measured.', version: '1' },
      logLevel: 'warn',
    },
  );
  if (apart) {
    const strategy = new WireStrategy(apart.wire, (question, signal) => runtime.requests.answer(question, signal));
    app.connectMicroservice({ strategy });
    await app.init();
    await app.startAllMicroservices();
  }
  await app.listen(0, '127.0.0.1');
  return app;
}

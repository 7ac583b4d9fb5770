import type { AddressInfo } from 'node:net';
import { Module, type Type } from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';
import { CqrsModule } from '@nestjs/cqrs';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import {
  BoundedContext,
  type BoundedContextOptions,
  contextOf,
  declarationsOf,
  Kernel,
  subscribedBy,
} from '#kernel/bounded-context';
import { createHttpApp } from '#kernel/http/create-http-app';
import type { Provisioned } from '#kernel/persistence/provision';
import { type Transaction, UnitOfWork } from '#kernel/persistence/unit-of-work';
import { Runtime } from '#kernel/runtime';
import { InProcessTransport } from '#kernel/transports/in-process';
import type { Transport } from '#kernel/transports/transport';
import { createTestDatabase } from './test-database.js';

export interface BootedModules {
  readonly url: string;
  readonly databaseUrl: string;
  readonly transport: Transport;
  /** Runs work in a transaction of one of the booted modules. */
  transaction<Result>(module: Type, work: (tx: Transaction) => Promise<Result>): Promise<Result>;
  /** A provider of the app that runs now. */
  get<Provider>(token: Type<Provider>): Provider;
  /** Ends the app and boots it again on the same database; with other modules, as another version of the program. */
  restart(modules?: Type[]): Promise<void>;
  /** A second instance beside this one, on the same database. To be closed before it. */
  another(modules?: Type[]): Promise<Instance>;
  close(): Promise<void>;
}

export type Instance = Pick<BootedModules, 'transaction' | 'close'>;

export interface BootOptions {
  /** What the modules read as their settings, by module. */
  settings?: Record<string, unknown>;
  /** Whose keys verify tokens; the app's own by default. */
  jwksUrl?: string;
  /** How messages go between modules; inside the process by default. */
  transport?: () => Transport;
  /** Modules that live in other apps, as this one knows them. */
  elsewhere?: Type[];
}

/** Addresses of a database that has been provisioned. */
export type Addresses = Pick<Provisioned, 'ownerUrl' | 'moduleUrls'>;

/** Boots Nest modules with bounded contexts on a database of their own, serving HTTP on a free port. */
export async function bootModules(modules: Type[], options: BootOptions = {}): Promise<BootedModules> {
  const database = await createTestDatabase({ modules: declarationsOf(rootOf(modules)) });
  const boot = (which: Type[] = modules) => bootOnce(which, database, options);
  let running = await boot();
  return {
    get url() {
      return running.url;
    },
    get transport() {
      return running.transport;
    },
    databaseUrl: database.databaseUrl,
    transaction: (module, work) => unitOfWorkOf(running.app, module).transaction(work),
    get: (token) => running.app.get(token, { strict: false }),
    restart: async (which) => {
      await running.app.close();
      running = await boot(which);
    },
    another: async (which) => {
      const { app } = await boot(which);
      return instanceOf(app);
    },
    close: async () => {
      await running.app.close();
      await database.drop();
    },
  };
}

/** Boots modules as one app of several, on a database that they share with the others. */
export async function bootApp(modules: Type[], database: Addresses, options: BootOptions = {}): Promise<Instance> {
  const { app } = await bootOnce(modules, database, options);
  return instanceOf(app);
}

function instanceOf(app: NestFastifyApplication): Instance {
  return {
    transaction: (module, work) => unitOfWorkOf(app, module).transaction(work),
    close: () => app.close(),
  };
}

async function bootOnce(modules: Type[], { ownerUrl, moduleUrls }: Addresses, options: BootOptions) {
  const { settings = {}, jwksUrl, elsewhere = [] } = options;
  const root = rootOf(modules);
  const transport = options.transport?.() ?? new InProcessTransport();
  const own = declarationsOf(root).map(({ name }) => name);
  const runtime = new Runtime({
    ownerUrl,
    moduleUrls: Object.fromEntries(Object.entries(moduleUrls).filter(([module]) => own.includes(module))),
    connectionBudget: 24,
    transport,
    settings,
  });
  for (const module of elsewhere) {
    const context = contextOf(module) as BoundedContextOptions;
    runtime.announce(context.declaration, subscribedBy(context));
  }
  let url = '';
  const app = await createHttpApp(
    { module: root, imports: [Kernel.forRoot(runtime), CqrsModule.forRoot()] },
    {
      settings: {
        jwksUrls: () => [jwksUrl ?? `${url}/.well-known/jwks.json`],
        issuer: 'seamline',
        audience: 'seamline',
      },
      api: { title: 'Test', description: 'Modules under test.', version: '1' },
      logLevel: (process.env.LOG_LEVEL as 'silent' | undefined) ?? 'silent',
    },
  );
  await app.listen(0, '127.0.0.1');
  url = `http://127.0.0.1:${(app.getHttpServer().address() as AddressInfo).port}`;
  return { app, url, transport };
}

export function rootOf(imports: Type[]): Type {
  class Root {}
  Module({ imports })(Root);
  return Root;
}

function unitOfWorkOf(app: NestFastifyApplication, module: Type): UnitOfWork {
  const container = app.get(ModulesContainer, { strict: false });
  const own = [...container.values()].find(({ metatype }) => metatype === module);
  const context = [...(own?.imports ?? [])].find(({ metatype }) => metatype === BoundedContext);
  const unitOfWork: UnitOfWork | undefined = context?.providers.get(UnitOfWork)?.instance as UnitOfWork | undefined;
  if (!unitOfWork) throw new Error(`${module.name} is not booted, or has no bounded context.`);
  return unitOfWork;
}

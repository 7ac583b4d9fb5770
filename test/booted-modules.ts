import type { AddressInfo } from 'node:net';
import { Module, type Type } from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';
import { CqrsModule } from '@nestjs/cqrs';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { BoundedContext, declarationsOf, Kernel } from '#kernel/bounded-context';
import { createHttpApp } from '#kernel/http/create-http-app';
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
}

/** Boots Nest modules with bounded contexts on a database of their own, serving HTTP on a free port. */
export async function bootModules(modules: Type[], options: BootOptions = {}): Promise<BootedModules> {
  const database = await createTestDatabase({ modules: declarationsOf(rootOf(modules)) });
  const boot = (which: Type[] = modules) => bootOnce(rootOf(which), database, options);
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
    restart: async (which) => {
      await running.app.close();
      running = await boot(which);
    },
    another: async (which) => {
      const { app } = await boot(which);
      return {
        transaction: (module, work) => unitOfWorkOf(app, module).transaction(work),
        close: () => app.close(),
      };
    },
    close: async () => {
      await running.app.close();
      await database.drop();
    },
  };
}

async function bootOnce(
  root: Type,
  { ownerUrl, moduleUrls }: { ownerUrl: string; moduleUrls: Record<string, string> },
  { settings = {}, jwksUrl }: BootOptions,
) {
  const transport = new InProcessTransport();
  const runtime = new Runtime({ ownerUrl, moduleUrls, connectionBudget: 24, transport, settings });
  let url = '';
  const app = await createHttpApp(
    { module: root, imports: [Kernel.forRoot(runtime), CqrsModule.forRoot()] },
    {
      settings: { jwksUrl: () => jwksUrl ?? `${url}/.well-known/jwks.json`, issuer: 'seamline', audience: 'seamline' },
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

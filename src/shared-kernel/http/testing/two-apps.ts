import type { AddressInfo } from 'node:net';
import { type DynamicModule, Module, type Type } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { BoundedContext, Kernel } from '../../bounded-context.js';
import { Runtime } from '../../runtime.js';
import { type Placement, readTopology } from '../../topology/topology.js';
import { InProcessTransport } from '../../transports/in-process.js';
import { createHttpApp, type HttpAppOptions } from '../create-http-app.js';
import type { Forwarding } from '../forwarding.js';

export const SECRET = 'known to the apps of this test, and to nobody else';
const NOWHERE = 'http://127.0.0.1:1';

/** Apps by name, with their modules; the first is the gateway. @param http where an app serves, each instance of it */
export function placementOf(apps: Record<string, string[]>, http: Record<string, string | string[]> = {}): Placement {
  const entries = Object.entries(apps).map(([name, modules], n) => {
    const nowhere = `127.0.0.1:${n + 1}`;
    return [name, { modules, wire: nowhere, http: http[name] ?? `http://${nowhere}` }];
  });
  return readTopology({ transport: 'direct', apps: Object.fromEntries(entries) }, Object.values(apps).flat());
}

/** A module with these controllers that knows its name, as those of the system do. It is never booted. */
export function moduleOf(name: string, ...controllers: Type[]): Type {
  class Whole {}
  const context = BoundedContext.register({
    declaration: { name, schema: name, dependsOn: [] },
    entities: [],
    migrations: [],
  });
  Module({ imports: [context], controllers })(Whole);
  return Whole;
}

/** The same controllers without a database. */
export function onlyRoutesOf(...controllers: Type[]): Type {
  class Routes {}
  Module({ controllers })(Routes);
  return Routes;
}

/** The kernel of an app in which no module lives. */
export function kernelAlone(): DynamicModule {
  const transport = new InProcessTransport();
  return Kernel.forRoot(new Runtime({ ownerUrl: '', moduleUrls: {}, connectionBudget: 24, transport, settings: {} }));
}

export interface Listening extends AsyncDisposable {
  readonly app: NestFastifyApplication;
  readonly url: string;
}

export async function listen(
  root: Type | DynamicModule,
  forwarding?: Omit<Forwarding, 'secret'>,
  options: Partial<HttpAppOptions> = {},
  at = 0,
): Promise<Listening> {
  const app = await createHttpApp(root, {
    settings: { jwksUrls: () => [NOWHERE], issuer: 'test', audience: 'test' },
    api: { title: 'Test', description: 'Apps under test.', version: '1' },
    logLevel: 'silent',
    forwarding: forwarding && { ...forwarding, secret: SECRET },
    ...options,
  });
  await app.listen(at, '127.0.0.1');
  const { port } = app.getHttpServer().address() as AddressInfo;
  return { app, url: `http://127.0.0.1:${port}`, [Symbol.asyncDispose]: () => app.close() };
}

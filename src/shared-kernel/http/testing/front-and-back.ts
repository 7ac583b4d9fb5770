import type { Type } from '@nestjs/common';
import { CqrsModule } from '@nestjs/cqrs';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { rootOf } from '#test/booted-modules';
import { createTestDatabase, type TestDatabase } from '#test/test-database';
import { TestTokens } from '#test/test-tokens';
import { direct } from '#test/transports/direct';
import { freePort } from '#test/transports/ports';
import type { Between } from '#test/transports/under-test';
import { type BoundedContextOptions, contextOf, Kernel, subscribedBy } from '../../bounded-context.js';
import { Runtime } from '../../runtime.js';
import { BetweenApps } from '../../transports/between-apps.js';
import { InProcessTransport } from '../../transports/in-process.js';
import { createHttpApp } from '../create-http-app.js';
import { placementOf, SECRET } from './two-apps.js';

type App = 'front' | 'back';
type Placed = Readonly<Record<App, readonly Type[]>>;

/** Two whole apps in this process: `front` is the gateway, and messages go from app to app over the wire. */
export class FrontAndBack {
  private constructor(
    readonly database: TestDatabase,
    readonly tokens: TestTokens,
    private readonly between: Between,
    private readonly placed: Placed,
  ) {}

  private apps: Partial<Record<App, NestFastifyApplication>> = {};
  private urls: Partial<Record<App, string>> = {};

  static async start(placed: Placed): Promise<FrontAndBack> {
    const modules = [...placed.front, ...placed.back].map((module) => contextIn(module).declaration);
    const database = await createTestDatabase({ modules });
    const both = new FrontAndBack(database, await TestTokens.start(), await direct.start(), placed);
    await both.boot('back');
    await both.boot('front');
    return both;
  }

  /** Where the public asks. */
  get url(): string {
    return this.urls.front as string;
  }

  /** Past the gateway. */
  get urlOfBack(): string {
    return this.urls.back as string;
  }

  async boot(app: App): Promise<void> {
    const { placed, tokens } = this;
    const other: App = app === 'front' ? 'back' : 'front';
    const runtime = this.runtimeOf(app);
    for (const module of placed[other]) {
      const context = contextIn(module);
      runtime.announce(context.declaration, subscribedBy(context));
    }
    const modules = [...placed.front, ...placed.back];
    const names = { front: placed.front.map(nameOf), back: placed.back.map(nameOf) };
    const http = this.urls.back === undefined ? {} : { back: this.urls.back };
    const root = { module: rootOf([...placed[app]]), imports: [Kernel.forRoot(runtime), CqrsModule.forRoot()] };
    const booted = await createHttpApp(root, {
      settings: tokens.settings,
      api: { title: 'Two', description: 'Two apps.', version: '1' },
      logLevel: 'silent',
      forwarding: { placement: placementOf(names, http), self: app, modules, secret: SECRET },
    });
    const { [app]: before } = this.urls;
    const port = before === undefined ? await freePort() : Number(new URL(before).port);
    await booted.listen(port, '127.0.0.1');
    this.apps[app] = booted;
    this.urls[app] = `http://127.0.0.1:${port}`;
  }

  async end(app: App): Promise<void> {
    await this.apps[app]?.close();
    delete this.apps[app];
  }

  async close(): Promise<void> {
    await this.end('front');
    await this.end('back');
    await this.between.stop();
    await this.tokens[Symbol.asyncDispose]();
    await this.database.drop();
  }

  private runtimeOf(app: App): Runtime {
    const { placed, database } = this;
    const other: App = app === 'front' ? 'back' : 'front';
    const appOf = (module: string) => (placed.front.some((each) => nameOf(each) === module) ? 'front' : 'back');
    const wire = this.between.transportOf({ app, instance: 0, appOf });
    const outbound = new Map(placed[other].map((module) => [nameOf(module), wire]));
    const own = placed[app].map(nameOf);
    return new Runtime({
      ownerUrl: database.ownerUrl,
      moduleUrls: Object.fromEntries(Object.entries(database.moduleUrls).filter(([module]) => own.includes(module))),
      connectionBudget: 24,
      transport: new BetweenApps(new InProcessTransport(), wire, outbound),
      settings: {},
    });
  }
}

function contextIn(module: Type): BoundedContextOptions {
  return contextOf(module) as BoundedContextOptions;
}

function nameOf(module: Type): string {
  return contextIn(module).declaration.name;
}

import type { AddressInfo } from 'node:net';
import type { Type } from '@nestjs/common';
import { CqrsModule } from '@nestjs/cqrs';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { createTestDatabase, type TestDatabase } from '#test/test-database';
import { freePort } from '#test/transports/ports';
import { contextOf, Kernel } from '../../bounded-context.js';
import { createHttpApp } from '../../http/create-http-app.js';
import { Runtime } from '../../runtime.js';
import { InProcessTransport } from '../../transports/in-process.js';
import { Wire } from '../../transports/wire/wire.js';
import { overWire } from '../elsewhere.js';
import { type AnswerQuestion, WireStrategy } from '../wire-strategy.js';
import { AtticModule, DeskModule, Hall, HallModule } from './office.js';

export const SECRET = 'known to both apps and to nobody else';

/** The hall in one app, and the desk and the attic in the same or in another. */
export interface Place {
  /** Only where the hall is among its modules. */
  readonly hall: Hall;
  readonly url: string;
  close(): Promise<void>;
}

/** What all apps of a test share. */
export class Building {
  private constructor(
    private readonly database: TestDatabase,
    readonly backPort: number,
  ) {}

  static async start(): Promise<Building> {
    const modules = [HallModule, DeskModule, AtticModule].map((module) => contextOf(module)?.declaration);
    const database = await createTestDatabase({ modules: modules.filter((each) => each !== undefined) });
    return new Building(database, await freePort());
  }

  /** All three in one app. */
  together(): Promise<Place> {
    return this.boot([HallModule, DeskModule, AtticModule]);
  }

  /** The hall in the app `front`, which knows the way to `back`. */
  front(secret: string = SECRET): Promise<Place> {
    const peers = { back: [{ host: '127.0.0.1', port: this.backPort }] };
    return this.boot([HallModule], new Wire({ app: 'front', security: { secret }, peers }));
  }

  back(): Promise<Place> {
    const listen = { host: '127.0.0.1', port: this.backPort };
    return this.boot(
      [DeskModule, AtticModule],
      new Wire({ app: 'back', security: { secret: SECRET }, listen, peers: {} }),
    );
  }

  /** Boots these, and nothing beside them. */
  async boot(modules: Type[], wire?: Wire): Promise<Place> {
    class Root {}
    const { ownerUrl, moduleUrls } = this.database;
    const own = modules.map((module) => contextOf(module)?.declaration.name);
    const runtime = new Runtime({
      ownerUrl,
      moduleUrls: Object.fromEntries(Object.entries(moduleUrls).filter(([name]) => own.includes(name))),
      connectionBudget: 12,
      transport: new InProcessTransport(),
      settings: {},
      elsewhere: wire && overWire(wire, () => 'back'),
    });
    const app = await createHttpApp(
      { module: Root, imports: [...modules, Kernel.forRoot(runtime), CqrsModule.forRoot()] },
      {
        settings: { jwksUrls: () => ['http://localhost'], issuer: 'seamline', audience: 'seamline' },
        api: { title: 'Test', description: 'Modules under test.', version: '1' },
        logLevel: (process.env.LOG_LEVEL as 'silent' | undefined) ?? 'silent',
      },
    );
    if (wire) {
      const answer: AnswerQuestion = (question, cancellation) => runtime.requests.answer(question, cancellation);
      app.connectMicroservice({ strategy: new WireStrategy(wire, answer) });
    }
    try {
      await app.init();
      await app.startAllMicroservices();
      await app.listen(0, '127.0.0.1');
    } catch (error) {
      await app.close();
      throw error;
    }
    return placeOf(app);
  }

  close(): Promise<void> {
    return this.database.drop();
  }
}

function placeOf(app: NestFastifyApplication): Place {
  const { port } = app.getHttpServer().address() as AddressInfo;
  return {
    get hall() {
      return app.get(Hall, { strict: false });
    },
    url: `http://127.0.0.1:${port}`,
    close: () => app.close(),
  };
}

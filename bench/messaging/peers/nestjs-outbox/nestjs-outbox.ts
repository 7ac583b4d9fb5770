import 'reflect-metadata';
import {
  OnEvent,
  type OutboxEvent,
  OutboxModule,
  TransactionalEventEmitter,
  TransactionalEventEmitterOperations,
} from '@fullstackhouse/nestjs-outbox';
import {
  MikroORMDatabaseDriverFactory,
  MikroOrmOutboxTransportEvent,
  OutboxMigrations,
} from '@fullstackhouse/nestjs-outbox-mikro-orm-driver';
import { EntitySchema } from '@mikro-orm/core';
import { Migrator } from '@mikro-orm/migrations';
import { defineConfig, MikroORM } from '@mikro-orm/postgresql';
import { type DynamicModule, Global, type INestApplicationContext, Injectable, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { Stage } from '../../../harness/child.js';
import { asFastAsTheyCan, Countdown, type Rate } from '../../../harness/load.js';
import { settle, withClient } from '../../../harness/postgres.js';
import {
  type Checked,
  checkCounts,
  checkEffects,
  type DrainWork,
  ENTRY_TABLE,
  PURCHASE_TABLE,
  type PublishWork,
  type Purchase,
  purchaseNumber,
  purchasesBy,
  purchaseValues,
} from '../../workload.js';

class PurchasePlaced implements OutboxEvent {
  readonly name = PurchasePlaced.name;

  constructor(
    readonly purchase: string,
    readonly customer: string,
    readonly amount: string,
  ) {}
}

class PurchaseRow {
  constructor(
    readonly id: string,
    readonly customer: string,
    readonly amount: string,
  ) {}
}

const PurchaseMapping = new EntitySchema<PurchaseRow>({
  class: PurchaseRow,
  tableName: 'purchase',
  properties: {
    id: { type: 'uuid', primary: true },
    customer: { type: 'text' },
    amount: { type: 'decimal' },
  },
});

const INSERT_ENTRY = 'insert into entry (purchase, customer, amount) values (?, ?, ?)';

/** An entity and its event, given to the emitter together. */
export async function publish({ databaseUrl, work }: Stage<PublishWork>): Promise<Rate & Checked> {
  const orm = await openNew(databaseUrl);
  await settle(databaseUrl);
  const app = await boot(orm, { pollingInterval: 3_600_000, listeners: [] });
  const emitter = app.get(TransactionalEventEmitter);
  let n = 0;
  const rate = await asFastAsTheyCan(work.clients, work, async () => {
    const { purchase, customer, amount } = purchaseNumber(n++);
    await emitter.emit(new PurchasePlaced(purchase, customer, amount), [
      { operation: TransactionalEventEmitterOperations.persist, entity: new PurchaseRow(purchase, customer, amount) },
    ]);
  });
  await app.close();
  await orm.close(true);
  const checks = await checkCounts(databaseUrl, rate.total, {
    rows: 'select count(*) from purchase',
    messages: 'select count(*) from outbox_transport_event',
  });
  return { ...rate, checks };
}

/** As its emitter writes them, but many in one statement: how long that takes is not what is measured here. */
export async function fill({ databaseUrl, work }: Stage<DrainWork>): Promise<void> {
  const orm = await openNew(databaseUrl);
  await orm.close(true);
  await withClient(databaseUrl, async (client) => {
    for (const many of purchasesBy(5000, work.messages)) {
      const payloads = many.map((each) => JSON.stringify({ name: PurchasePlaced.name, ...each }));
      await client.query(
        `insert into outbox_transport_event
           (event_name, event_payload, delivered_to_listeners, attempt_at, expire_at, inserted_at)
         select $1, payload::json, '[]', $2::bigint, $2::bigint + 86400000, $2::bigint from unnest($3::text[]) payload`,
        [PurchasePlaced.name, Date.now(), payloads],
      );
    }
  });
  await settle(databaseUrl);
}

export async function drain({ databaseUrl, work }: Stage<DrainWork>): Promise<{ perSecond: number } & Checked> {
  const effects = new Countdown(work.messages);
  const orm = await open(databaseUrl);

  @Injectable()
  class Ledger {
    @OnEvent(PurchasePlaced.name)
    async placed(event: Purchase): Promise<void> {
      await orm.em.getConnection().execute(INSERT_ENTRY, purchaseValues(event), 'run');
      effects.add();
    }
  }

  const begin = performance.now();
  const app = await boot(orm, { pollingInterval: 50, listeners: [Ledger] });
  const seconds = ((await effects.done()) - begin) / 1000;
  await app.close();
  await orm.close(true);
  return { perSecond: work.messages / seconds, checks: await checkEffects(databaseUrl, work.messages) };
}

async function openNew(databaseUrl: string): Promise<MikroORM> {
  await withClient(databaseUrl, async (client) => {
    await client.query(PURCHASE_TABLE);
    await client.query(ENTRY_TABLE);
  });
  const orm = await open(databaseUrl);
  await orm.getMigrator().up();
  return orm;
}

function open(databaseUrl: string): Promise<MikroORM> {
  return MikroORM.init(
    defineConfig({
      // Its listener reads these one by one, and knows no URL.
      ...partsOf(databaseUrl),
      entities: [PurchaseMapping, MikroOrmOutboxTransportEvent],
      extensions: [Migrator],
      migrations: {
        migrationsList: OutboxMigrations.map((migration) => ({ name: migration.name, class: migration })),
        snapshot: false,
        silent: true,
      },
      pool: { min: 0, max: 24 },
    }),
  );
}

function partsOf(databaseUrl: string) {
  const { hostname, port, username, password, pathname } = new URL(databaseUrl);
  return {
    host: hostname,
    port: Number(port || 5432),
    user: decodeURIComponent(username),
    password: decodeURIComponent(password),
    dbName: pathname.slice(1),
  };
}

async function boot(
  orm: MikroORM,
  { pollingInterval, listeners }: { pollingInterval: number; listeners: (new () => object)[] },
): Promise<INestApplicationContext> {
  const app: DynamicModule = {
    module: App,
    imports: [
      OutboxModule.registerAsync({
        useFactory: () => ({
          // Where nobody listens it would take events for done, and delete them.
          driverFactory: new MikroORMDatabaseDriverFactory(orm, { listenNotify: { enabled: listeners.length > 0 } }),
          events: [{ name: PurchasePlaced.name, listeners: { retentionPeriod: 86_400_000, maxExecutionTime: 60_000 } }],
          pollingInterval,
          // Tried from 50 to 5,000: this was the fastest.
          maxEventsPerPoll: 2000,
        }),
        isGlobal: true,
        enableDefaultMiddlewares: false,
      }),
    ],
    providers: listeners,
  };
  return NestFactory.createApplicationContext(app, { logger: ['error', 'warn'], abortOnError: false });
}

@Global()
@Module({})
class App {}

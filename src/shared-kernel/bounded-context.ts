import { setTimeout as sleep } from 'node:timers/promises';
import { defineConfig, type EntitySchema, MikroORM } from '@mikro-orm/postgresql';
import {
  type BeforeApplicationShutdown,
  type DynamicModule,
  Global,
  Inject,
  Injectable,
  Module,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
  type OnModuleInit,
  type Type,
} from '@nestjs/common';
import { ModuleRef, ModulesContainer } from '@nestjs/core';
import { BootRefusal } from './boot-refusal.js';
import type { QueryType } from './contract/query.js';
import { versionsOf } from './contract/upcast.js';
import { HealthRegistry } from './http/health.js';
import { SubscribersUnitOfWork } from './messaging/care/about-subscriber.js';
import { MessageCareController } from './messaging/care/care.controller.js';
import { MessageCare } from './messaging/care/message-care.js';
import type { ModuleUnderCare } from './messaging/care/module-under-care.js';
import { Dispatch } from './messaging/dispatch.js';
import { Housekeeping } from './messaging/housekeeping.js';
import { Receiver } from './messaging/receiver.js';
import {
  type BoundSubscription,
  bindSubscriptions,
  DEFAULTS,
  type Subscribed,
  subscriptionsOf,
} from './messaging/subscriptions.js';
import { WaitingRoom } from './messaging/waiting-room.js';
import { databaseOf } from './persistence/database.js';
import { type MigrationStep, migrate } from './persistence/migrate.js';
import { sessionAddress } from './persistence/session-address.js';
import { UnitOfWork } from './persistence/unit-of-work.js';
import { bindAnswers } from './requests/answers.js';
import type { Participant } from './requests/participants.js';
import { Queries } from './requests/queries.js';
import { Runtime } from './runtime.js';
import { bindSagas, sagaTypes } from './sagas/saga-runner.js';
import { ModuleDeclaration } from './topology/declaration.js';

/** What a module hands to the kernel; all of it by name, nothing is found by reflection. */
export interface BoundedContextOptions {
  /** The parsed `module.json`. */
  readonly declaration: ModuleDeclaration;
  readonly entities: readonly EntitySchema[];
  readonly migrations: readonly MigrationStep[];
  /** Providers of the module with @Subscribe and @Handle methods. */
  readonly subscribers?: readonly Type<object>[];
  /** Providers of the module with @Saga. */
  readonly sagas?: readonly Type<object>[];
  /** Providers of the module with @Answers methods. */
  readonly answers?: readonly Type<object>[];
  /** The queries that the module asks of others. */
  readonly asks?: readonly QueryType[];
}

/** Messages that are being handled when the process is to end have so long to come to their end; others come again. In milliseconds. */
const GRACE = 1_500;

const OPTIONS = Symbol('BoundedContextOptions');

/** Runs one module's part of the machinery, from Nest's first hook to its last. */
@Injectable()
class ContextLifecycle
  implements OnModuleInit, OnApplicationBootstrap, BeforeApplicationShutdown, OnApplicationShutdown
{
  private waitingRoom: WaitingRoom | undefined;
  private receiver: Receiver | undefined;
  private housekeeping: Housekeeping | undefined;

  constructor(
    @Inject(OPTIONS) private readonly options: BoundedContextOptions,
    private readonly runtime: Runtime,
    private readonly orm: MikroORM,
    private readonly unitOfWork: UnitOfWork,
    private readonly health: HealthRegistry,
    private readonly injector: ModuleRef,
  ) {}

  onModuleInit(): void {
    const { name } = this.options.declaration;
    const subscriptions = this.subscriptions();
    mustBeAllowed(this.options.declaration, subscriptions);
    const dispatch = new Dispatch(name, this.unitOfWork, subscriptions);
    const waitingRoom = new WaitingRoom(name, this.unitOfWork, dispatch);
    const receiver = new Receiver(name, this.unitOfWork, dispatch, () => waitingRoom.wake());
    this.waitingRoom = waitingRoom;
    this.receiver = receiver;
    this.runtime.options.transport.consume(name, (batch) => receiver.receive(batch));
    this.runtime.announce(this.options.declaration, subscribedBy(this.options));
    this.runtime.requests.join(this.participant());
    this.health.register(name, async () => {
      await this.unitOfWork.query('select 1');
    });
  }

  onApplicationBootstrap(): void {
    this.runtime.requests.mustBeWhole();
    this.runtime.startRelay(this.options.declaration);
    this.waitingRoom?.start();
    this.housekeeping = new Housekeeping(this.unitOfWork);
    this.housekeeping.start();
  }

  /** The last request has been answered by now; what was published and not delivered waits for the next start. */
  async beforeApplicationShutdown(): Promise<void> {
    const { name } = this.options.declaration;
    const stopped = Promise.all([this.runtime.stopRelay(name), this.waitingRoom?.stop(), this.housekeeping?.stop()]);
    await Promise.race([stopped, sleep(GRACE, undefined, { ref: false })]);
  }

  async onApplicationShutdown(): Promise<void> {
    // After all relays have stopped, those of other modules too. Without a database there is nobody to tell.
    await Promise.all([this.receiver?.end(), this.waitingRoom?.end()]).catch(() => undefined);
    await this.orm.close(true);
  }

  private subscriptions(): BoundSubscription[] {
    const { declaration, subscribers = [], sagas = [] } = this.options;
    return [
      ...subscribers.flatMap((provider) => bindSubscriptions(this.instance(provider))),
      ...bindSagas(
        declaration.name,
        sagas.map((saga) => this.instance(saga)),
      ),
    ];
  }

  private participant(): Participant {
    const { declaration, answers = [], asks = [] } = this.options;
    return { declaration, answers: answers.flatMap((provider) => bindAnswers(this.instance(provider))), asks };
  }

  private instance(provider: Type<object>): object {
    return this.injector.get(provider, { strict: false });
  }
}

/**
 * @throws when a module handles what it neither owns nor declares a dependency for, or one command twice; lists every
 * such handler.
 */
function mustBeAllowed({ name, dependsOn }: ModuleDeclaration, subscriptions: readonly BoundSubscription[]): void {
  const problems = subscriptions.flatMap(({ type }, at) => {
    if (type.owner === name) {
      const isSecond = type.kind === 'command' && subscriptions.findIndex((each) => each.type.name === type.name) < at;
      return isSecond ? [`It handles ${type.name} twice: leave one @Handle(…) of the two.`] : [];
    }
    if (type.kind === 'command')
      return [`It handles ${type.name}, but only "${type.owner}" may: a command has one receiver.`];
    if (dependsOn.includes(type.owner)) return [];
    return [`It subscribes to ${type.name}; add "${type.owner}" to dependsOn in its module.json.`];
  });
  if (problems.length > 0) throw new BootRefusal(`Module "${name}" cannot start:`, problems);
}

/** A statement that takes longer is cut: whoever waits for a lock that long had better begin anew. In milliseconds. */
const STATEMENT_TIMEOUT = 30_000;
/** A transaction that says nothing for longer is ended by the server: a frozen process must not keep its locks. In milliseconds. */
const IDLE_IN_TRANSACTION = 5_000;
/** How long work waits for a connection of the pool before it hears that there is none. In milliseconds. */
const CONNECTION_TIMEOUT = 10_000;

async function openContext(runtime: Runtime, options: BoundedContextOptions): Promise<MikroORM> {
  const { name, schema } = options.declaration;
  await migrate(runtime.options.ownerUrl, schema, options.migrations);
  const url = runtime.urlOf(name);
  return MikroORM.init(
    defineConfig({
      contextName: name,
      clientUrl: url,
      schema,
      entities: [...options.entities],
      discovery: { warnWhenNoEntities: false },
      pool: { min: 0, max: runtime.poolSize, idleTimeoutMillis: 30_000 },
      driverOptions: {
        ...sessionAddress(url, {
          search_path: schema,
          statement_timeout: STATEMENT_TIMEOUT,
          idle_in_transaction_session_timeout: IDLE_IN_TRANSACTION,
          // What the fence, the lease and the inbox are built on; a database may have another default.
          default_transaction_isolation: 'read committed',
          // Statements are short; compiling them would take longer than running them.
          jit: 'off',
        }),
        application_name: `seamline ${name}`,
        connectionTimeoutMillis: CONNECTION_TIMEOUT,
        keepAlive: true,
      },
      forceUtcTimezone: true,
    }),
  );
}

/**
 * A module's own database context: its MikroORM, its unit of work, its outbox, receiver and sagas. Imported by the
 * module it belongs to, so that `UnitOfWork` injects the module's own and no other module's can be reached.
 */
@Module({})
export class BoundedContext {
  static register(options: BoundedContextOptions): DynamicModule {
    const { name } = ModuleDeclaration.parse(options.declaration);
    return {
      module: BoundedContext,
      providers: [
        { provide: OPTIONS, useValue: options },
        { provide: MikroORM, inject: [Runtime], useFactory: (runtime: Runtime) => openContext(runtime, options) },
        {
          provide: UnitOfWork,
          inject: [MikroORM, Runtime],
          useFactory: async (orm: MikroORM, runtime: Runtime) =>
            new UnitOfWork(name, await databaseOf(orm), (messages) => runtime.wakeRelay(name, messages)),
        },
        {
          provide: Queries,
          inject: [Runtime],
          useFactory: ({ requests }: Runtime) => new Queries(name, new Set(options.asks), requests),
        },
        ContextLifecycle,
      ],
      exports: [UnitOfWork, Queries],
    };
  }
}

/** What a module handed to its bounded context; undefined for a module that has none. */
export function contextOf(module: Type): BoundedContextOptions | undefined {
  const imports: (Type | DynamicModule)[] = Reflect.getMetadata('imports', module) ?? [];
  const context = imports.find((each): each is DynamicModule => 'module' in each && each.module === BoundedContext);
  const options = context?.providers?.find((provider) => 'provide' in provider && provider.provide === OPTIONS);
  return options && 'useValue' in options ? (options.useValue as BoundedContextOptions) : undefined;
}

/** What a module takes, whether it lives in this process or in another app: in every version that it can read. */
export function subscribedBy({ declaration, subscribers = [], sagas = [] }: BoundedContextOptions): Subscribed[] {
  const subscribed = [
    ...subscribers.flatMap((subscriber) =>
      subscriptionsOf(subscriber).map(({ type, options }) => ({ type, options: { ...DEFAULTS, ...options } })),
    ),
    ...sagaTypes(declaration.name, sagas).map((type) => ({ type, options: DEFAULTS })),
  ];
  return subscribed.flatMap(({ type, options }) => versionsOf(type).map((version) => ({ type: version, options })));
}

/** The declarations of the bounded contexts among a root module's imports, in their order. */
export function declarationsOf(root: Type): ModuleDeclaration[] {
  const imports: Type[] = Reflect.getMetadata('imports', root) ?? [];
  return imports.flatMap((module) => contextOf(module)?.declaration ?? []);
}

/** What all modules of a process share. Imported once, by the root. */
@Global()
@Module({})
export class Kernel implements OnModuleInit, OnApplicationShutdown {
  constructor(private readonly runtime: Runtime) {}

  async onModuleInit(): Promise<void> {
    await this.runtime.options.transport.connect();
  }

  async onApplicationShutdown(): Promise<void> {
    await this.runtime.options.transport.close();
  }

  static forRoot(runtime: Runtime): DynamicModule {
    return {
      module: Kernel,
      controllers: [MessageCareController],
      providers: [
        { provide: Runtime, useValue: runtime },
        {
          provide: MessageCare,
          inject: [ModulesContainer],
          useFactory: (modules: ModulesContainer) => new MessageCare(() => modulesUnderCare(modules)),
        },
        { provide: UnitOfWork, useClass: SubscribersUnitOfWork },
      ],
      exports: [Runtime],
    };
  }
}

/** The modules of this process, each with the unit of work that is its own. */
function modulesUnderCare(modules: ModulesContainer): ModuleUnderCare[] {
  const contexts = [...modules.values()].filter(({ metatype }) => metatype === BoundedContext);
  return contexts.map(({ providers }) => ({
    database: providers.get(UnitOfWork)?.instance as UnitOfWork,
    takes: subscribedBy(providers.get(OPTIONS)?.instance as BoundedContextOptions).map(({ type }) => type.name),
  }));
}

import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { Module, type Type } from '@nestjs/common';
import { BoundedContext, declarationsOf } from '#kernel/bounded-context';
import type { MessageType, Payload } from '#kernel/contract/message';
import type { QueryType, ReplyOf, RequestOf } from '#kernel/contract/query';
import { type Message, Subscribe } from '#kernel/messaging/subscriptions';
import { Answers } from '#kernel/requests/answers';
import { type AskOptions, Queries } from '#kernel/requests/queries';
import type { ModuleDeclaration } from '#kernel/topology/declaration';
import { bootModules, rootOf } from './booted-modules.js';
import { type RequestOptions, type Response, send } from './http.js';
import { TestTokens } from './test-tokens.js';

/** Only a failing test waits so long. In milliseconds. */
const PATIENCE = 30_000;

export interface ScenarioOptions {
  /** What the modules read as their settings, by module. */
  settings?: Record<string, unknown>;
}

export interface Scenario {
  readonly url: string;
  readonly databaseUrl: string;
  /** Sends a command as another module would. */
  send<Type extends MessageType>(command: Type & { kind: 'command' }, payload: Payload<Type>): Promise<void>;
  /** Publishes an event as its owner would, where the owner is not among the booted modules. */
  publish<Type extends MessageType>(event: Type & { kind: 'event' }, payload: Payload<Type>): Promise<void>;
  /** Asks a query as another module would. */
  ask<Query extends QueryType>(query: Query, request: RequestOf<Query>, options?: AskOptions): Promise<ReplyOf<Query>>;
  /** What the owner of a query answers from now on, where it is not among the booted modules; before, it fails to. */
  answer<Query extends QueryType>(query: Query, answer: (request: RequestOf<Query>) => Promise<ReplyOf<Query>>): void;
  /** The payload of the first such event, published before or after this call; rejects after `withinMs`. */
  event<Type extends MessageType>(
    event: Type & { kind: 'event' },
    where?: (payload: Payload<Type>) => boolean,
    withinMs?: number,
  ): Promise<Payload<Type>>;
  /** The payloads of all such events so far. */
  events<Type extends MessageType>(event: Type & { kind: 'event' }): Payload<Type>[];
  request<Body = Record<string, unknown>>(
    method: string,
    path: string,
    options?: RequestOptions,
  ): Promise<Response<Body>>;
  /** A provider of the app: its CommandBus carries out a use case that nothing outside leads to yet. */
  get<Provider>(token: Type<Provider>): Provider;
  /** A token that the booted modules accept; not available when identity is one of them, which signs its own. */
  tokenFor(principal: { id: string; roles: string[] }): Promise<string>;
  /** Ends the app and boots it again on the same database. */
  restart(): Promise<void>;
  close(): Promise<void>;
}

/** Boots modules on a database of their own, with a probe that speaks and listens as another module would. */
export async function startScenario(modules: Type[], options: ScenarioOptions = {}): Promise<Scenario> {
  const declarations = declarationsOf(rootOf(modules));
  const names = declarations.map(({ name }) => name);
  const standIns = [...new Set(declarations.flatMap(({ dependsOn }) => dependsOn))].filter(
    (name) => !names.includes(name),
  );
  const heard = new Heard();
  const declared = await declaredBy([...names, ...standIns]);
  const queries = declared.filter((each) => each.kind === 'query');
  const probe = new Probe([...names, ...standIns], declared, heard);
  const replies: Replies = new Map();
  const outsiders = standIns.map((name) => standInModule(name, queries, replies));
  const tokens = await TestTokens.start();
  const booted = await bootModules([...modules, probe.module, ...outsiders], {
    ...options,
    ...(names.includes('identity') ? {} : { jwksUrl: tokens.url }),
  });
  return {
    get url() {
      return booted.url;
    },
    databaseUrl: booted.databaseUrl,
    send: (command, payload) => booted.transaction(probe.module, async (tx) => tx.send(command, payload)),
    publish: (event, payload) => {
      const owner = outsiders[standIns.indexOf(event.owner)];
      if (!owner) throw new Error(`${event.owner} is booted itself, or nobody depends on it: make it publish.`);
      return booted.transaction(owner, async (tx) => tx.publish(event, payload));
    },
    ask: (query, request, options = { within: PATIENCE }) => probe.queries.ask(query, request, options),
    answer: (query, answer) => {
      if (names.includes(query.owner)) throw new Error(`${query.owner} is booted itself: it answers ${query.name}.`);
      replies.set(query.name, answer as Reply);
    },
    event: (event, where = () => true, withinMs = PATIENCE) => heard.wait(event, where, withinMs),
    events: (event) => heard.all(event),
    get: (token) => booted.get(token),
    request: (method, path, request) => send(booted.url, method, path, request),
    tokenFor: ({ id, roles }) => {
      if (names.includes('identity')) throw new Error('Identity is booted: sign in with it.');
      return tokens.sign({ sub: id, roles });
    },
    restart: () => booted.restart(),
    close: async () => {
      await booted.close();
      await tokens[Symbol.asyncDispose]();
    },
  };
}

type Reply = (request: unknown) => Promise<object>;
type Replies = Map<string, Reply>;

/** What a class is made of by name, here where methods come to be by name. */
type Named = Record<string, (input: never) => unknown>;

function standInModule(name: string, queries: QueryType[], replies: Replies): Type {
  const declaration: ModuleDeclaration = { name, schema: name, dependsOn: [] };
  class Desk {}
  for (const query of queries.filter(({ owner }) => owner === name)) {
    const answer = async (request: unknown) => {
      const reply = replies.get(query.name);
      if (!reply) throw new Error(`${name} only stands in: say by scenario.answer(…) what it answers.`);
      return reply(request);
    };
    (Desk.prototype as Named)[query.name] = answer;
    Answers(query)(Desk.prototype, query.name, { value: answer } as never);
  }
  class StandIn {}
  const context = BoundedContext.register({ declaration, entities: [], migrations: [], answers: [Desk] });
  Module({ imports: [context], providers: [Desk] })(StandIn);
  return StandIn;
}

/** A module that hears every event, and asks. */
class Probe {
  readonly module: Type;
  private asking: Queries | undefined;

  constructor(dependsOn: string[], declared: readonly (MessageType | QueryType)[], heard: Heard) {
    const declaration: ModuleDeclaration = { name: 'probe', schema: 'probe', dependsOn };
    class Listener {}
    for (const event of declared.filter(isEvent)) {
      const note = (message: Message) => heard.note(message);
      (Listener.prototype as Named)[event.name] = note;
      Subscribe(event)(Listener.prototype, event.name, { value: note } as never);
    }
    const context = BoundedContext.register({
      declaration,
      entities: [],
      migrations: [],
      subscribers: [Listener],
      asks: declared.filter((each) => each.kind === 'query'),
    });
    const asker = { provide: Probe, inject: [Queries], useFactory: (queries: Queries) => this.askWith(queries) };
    class Root {}
    Module({ imports: [context], providers: [Listener, asker] })(Root);
    this.module = Root;
  }

  get queries(): Queries {
    if (!this.asking) throw new Error('The probe is not booted yet.');
    return this.asking;
  }

  /** Of the app that was booted last. */
  private askWith(queries: Queries): this {
    this.asking = queries;
    return this;
  }
}

function isEvent(declared: MessageType | QueryType): declared is MessageType & { kind: 'event' } {
  return declared.kind === 'event';
}

const KINDS = ['event', 'command', 'query'];

/** Every message and query that the contracts of these modules declare. */
async function declaredBy(modules: string[]): Promise<(MessageType | QueryType)[]> {
  const contracts = modules.flatMap((module) => {
    const folder = join(process.cwd(), 'src/modules', module, 'contract');
    return filesOf(folder).map((file) => `#modules/${module}/contract/${file.replace(/\.ts$/, '')}`);
  });
  const exported = await Promise.all(contracts.map((contract) => import(contract)));
  return exported
    .flatMap((each: object) => Object.values(each))
    .filter((each): each is MessageType | QueryType => typeof each === 'object' && KINDS.includes(each?.kind));
}

function filesOf(folder: string): string[] {
  try {
    return readdirSync(folder).filter((file) => file.endsWith('.ts') && !file.endsWith('.spec.ts'));
  } catch {
    return [];
  }
}

class Heard {
  private readonly messages: { type: string; payload: unknown }[] = [];
  private readonly waiting = new Set<() => void>();

  note({ type, payload }: Message): void {
    this.messages.push({ type, payload });
    for (const look of this.waiting) look();
  }

  all<Type extends MessageType>(event: Type): Payload<Type>[] {
    return this.messages.filter(({ type }) => type === event.name).map(({ payload }) => payload as Payload<Type>);
  }

  wait<Type extends MessageType>(event: Type, where: (payload: Payload<Type>) => boolean, withinMs: number) {
    return new Promise<Payload<Type>>((resolve, reject) => {
      const late = setTimeout(() => {
        this.waiting.delete(look);
        const others = this.messages.map(({ type }) => type).join(', ') || 'nothing';
        reject(new Error(`No such ${event.name} within ${withinMs} ms; heard ${others}.`));
      }, withinMs);
      const look = () => {
        const found = this.all(event).find(where);
        if (found === undefined) return;
        clearTimeout(late);
        this.waiting.delete(look);
        resolve(found);
      };
      this.waiting.add(look);
      look();
    });
  }
}

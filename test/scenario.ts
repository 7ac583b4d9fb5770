import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { Module, type Type } from '@nestjs/common';
import { BoundedContext, declarationsOf } from '#kernel/bounded-context';
import type { MessageType, Payload } from '#kernel/contract/message';
import { type Message, Subscribe } from '#kernel/messaging/subscriptions';
import type { ModuleDeclaration } from '#kernel/topology/declaration';
import { bootModules, rootOf } from './booted-modules.js';
import { type RequestOptions, type Response, send } from './http.js';
import { TestTokens } from './test-tokens.js';

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
  const probe = probeModule([...names, ...standIns], await eventsOf([...names, ...standIns]), heard);
  const outsiders = standIns.map((name) => standInModule(name));
  const tokens = await TestTokens.start();
  const booted = await bootModules([...modules, probe, ...outsiders], {
    ...options,
    ...(names.includes('identity') ? {} : { jwksUrl: tokens.settings.jwksUrl() }),
  });
  return {
    get url() {
      return booted.url;
    },
    databaseUrl: booted.databaseUrl,
    send: (command, payload) => booted.transaction(probe, async (tx) => tx.send(command, payload)),
    publish: (event, payload) => {
      const owner = outsiders[standIns.indexOf(event.owner)];
      if (!owner) throw new Error(`${event.owner} is booted itself, or nobody depends on it: make it publish.`);
      return booted.transaction(owner, async (tx) => tx.publish(event, payload));
    },
    event: (event, where = () => true, withinMs = 5_000) => heard.wait(event, where, withinMs),
    events: (event) => heard.all(event),
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

function standInModule(name: string): Type {
  const declaration: ModuleDeclaration = { name, schema: name, dependsOn: [] };
  class StandIn {}
  Module({ imports: [BoundedContext.register({ declaration, entities: [], migrations: [] })] })(StandIn);
  return StandIn;
}

function probeModule(dependsOn: string[], events: MessageType[], heard: Heard): Type {
  const declaration: ModuleDeclaration = { name: 'probe', schema: 'probe', dependsOn };
  class Listener {
    [method: string]: (message: Message) => void;
  }
  for (const event of events) {
    Listener.prototype[event.name] = (message) => heard.note(message);
    const descriptor = { value: Listener.prototype[event.name] };
    Subscribe(event as MessageType & { kind: 'event' })(Listener.prototype, event.name, descriptor as never);
  }
  class Probe {}
  const context = BoundedContext.register({ declaration, entities: [], migrations: [], subscribers: [Listener] });
  Module({ imports: [context], providers: [Listener] })(Probe);
  return Probe;
}

/** Every event that the contracts of these modules declare. */
async function eventsOf(modules: string[]): Promise<MessageType[]> {
  const contracts = modules.flatMap((module) => {
    const folder = join(process.cwd(), 'src/modules', module, 'contract');
    return filesOf(folder).map((file) => `#modules/${module}/contract/${file.replace(/\.ts$/, '')}`);
  });
  const exported = await Promise.all(contracts.map((contract) => import(contract)));
  return exported
    .flatMap((each: object) => Object.values(each))
    .filter((each): each is MessageType => typeof each === 'object' && each !== null && each.kind === 'event');
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

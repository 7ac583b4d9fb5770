import type { Outgoing } from './messaging/outbox.js';
import { Relay } from './messaging/relay.js';
import type { Subscriber } from './messaging/subscribers.js';
import type { Subscribed } from './messaging/subscriptions.js';
import type { Elsewhere } from './requests/elsewhere.js';
import { Requests } from './requests/requests.js';
import type { ModuleDeclaration } from './topology/declaration.js';
import type { Transport } from './transports/transport.js';

export interface RuntimeOptions {
  /** Owns and migrates all schemas. */
  readonly ownerUrl: string;
  /** Each module's own role, by module. */
  readonly moduleUrls: Readonly<Record<string, string>>;
  /** Database connections that this process may hold, all modules together. */
  readonly connectionBudget: number;
  readonly transport: Transport;
  /** What modules need to know of the outside, by module; each reads its own with a schema of its own. */
  readonly settings: Readonly<Record<string, unknown>>;
  /** The way to modules of other apps, for queries; absent where there is only this one. */
  readonly elsewhere?: Elsewhere | undefined;
}

/**
 * What the modules of one process share: addresses, the connection budget, the transport, and who subscribes to whom.
 * Modules announce their subscriptions while Nest initialises them; the relays start after the last one has.
 */
export class Runtime {
  private readonly announced: { declaration: ModuleDeclaration; subscriptions: readonly Subscribed[] }[] = [];
  private readonly relays = new Map<string, Relay>();

  readonly requests: Requests;

  constructor(readonly options: RuntimeOptions) {
    this.requests = new Requests(options.elsewhere);
  }

  /** Connections of one module's pool: the budget less one direct connection a relay, shared evenly. */
  get poolSize(): number {
    const modules = Object.keys(this.options.moduleUrls).length;
    return Math.max(2, Math.floor((this.options.connectionBudget - modules) / modules));
  }

  urlOf(module: string): string {
    const url = this.options.moduleUrls[module];
    if (url === undefined) throw new Error(`No database address is known for module "${module}".`);
    return url;
  }

  /** To be called for the modules of other apps before those of this one start. */
  announce(declaration: ModuleDeclaration, subscriptions: readonly Subscribed[]): void {
    this.announced.push({ declaration, subscriptions });
  }

  startRelay(declaration: ModuleDeclaration): void {
    const { name, schema } = declaration;
    const { transport } = this.options;
    const relay = new Relay({
      module: name,
      schema,
      url: this.urlOf(name),
      transport,
      subscribers: this.subscribersOf(declaration),
    });
    this.relays.set(name, relay);
    relay.start();
  }

  /** Those who take a message that this module may put into its outbox. */
  private subscribersOf({ name, dependsOn }: ModuleDeclaration): Subscriber[] {
    return this.announced.flatMap(({ declaration, subscriptions }) => {
      const types = subscriptions
        .filter(({ type }) => type.owner === name || (type.kind === 'command' && dependsOn.includes(type.owner)))
        .map(({ type, options: { from, replayable } }) => ({ name: type.name, from, replayable }));
      const { retired = [] } = declaration;
      return types.length + retired.length === 0 ? [] : [{ name: declaration.name, types, retired }];
    });
  }

  async stopRelay(module: string): Promise<void> {
    await this.relays.get(module)?.stop();
  }

  /** These were committed to the module's outbox. */
  wakeRelay(module: string, messages: readonly Outgoing[]): void {
    this.relays.get(module)?.wake(messages);
  }

  /** See {@link Relay.delivered}. */
  async delivered(module: string, deadline: number): Promise<boolean> {
    return (await this.relays.get(module)?.delivered(deadline)) ?? false;
  }
}

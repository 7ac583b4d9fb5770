import { type BoundedContextOptions, contextOf, subscribedBy } from '../bounded-context.js';
import type { MessageType } from '../contract/message.js';
import type { Forwarding } from './forwarding.js';

/** What every app knows of a module of the system, wherever that lives. */
export interface KnownModule {
  readonly app: string;
  /** What messages it takes. */
  readonly takes: readonly KnownSubscription[];
}

export interface KnownSubscription {
  readonly type: string;
  readonly replayable: boolean;
  /** The modules that such a message may come from. */
  readonly sources: readonly string[];
}

/** By name, in their order. */
export function knownModules({ placement, modules }: Forwarding): ReadonlyMap<string, KnownModule> {
  const contexts = modules.flatMap((module) => contextOf(module) ?? []);
  return new Map(
    contexts.map((context) => [
      context.declaration.name,
      {
        app: placement.appOf(context.declaration.name).name,
        takes: subscribedBy(context).map(({ type, options }) => ({
          type: type.name,
          replayable: options.replayable,
          sources: sourcesOf(type, contexts),
        })),
      },
    ]),
  );
}

/** Events come from their owner, commands from whoever depends on theirs. */
function sourcesOf({ owner, kind }: MessageType, all: readonly BoundedContextOptions[]): string[] {
  return all
    .map(({ declaration }) => declaration)
    .filter(({ name, dependsOn }) => owner === name || (kind === 'command' && dependsOn.includes(owner)))
    .map(({ name }) => name);
}

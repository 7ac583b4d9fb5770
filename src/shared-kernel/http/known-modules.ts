import { type BoundedContextOptions, contextOf, subscribedBy } from '../bounded-context.js';
import type { Forwarding } from './forwarding.js';

/** What every app knows of a module of the system, wherever that lives. */
export interface KnownModule {
  readonly app: string;
  /** Whether it takes messages at all. */
  readonly takes: boolean;
  /** The modules whose messages it may take. */
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
        takes: subscribedBy(context).length > 0,
        sources: sourcesOf(context, contexts),
      },
    ]),
  );
}

/** Events come from their owner, commands from whoever depends on theirs. */
function sourcesOf(subscriber: BoundedContextOptions, all: readonly BoundedContextOptions[]): string[] {
  const types = subscribedBy(subscriber).map(({ type }) => type);
  const sends = ({ declaration: { name, dependsOn } }: BoundedContextOptions) =>
    types.some(({ owner, kind }) => owner === name || (kind === 'command' && dependsOn.includes(owner)));
  return all.filter(sends).map(({ declaration }) => declaration.name);
}

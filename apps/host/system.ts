import type { Type } from '@nestjs/common';
import { type BoundedContextOptions, contextOf } from '#kernel/bounded-context';
import type { PlacedApp } from '#kernel/topology/topology';
import { MonolithModule } from '../monolith/monolith.module.js';

/** A module of the system and its bounded context. */
interface Member {
  readonly module: Type;
  readonly context: BoundedContextOptions;
}

/** Every module on the map of the system. */
export function membersOfTheSystem(): Member[] {
  const imports: Type[] = Reflect.getMetadata('imports', MonolithModule);
  return imports.map((module) => {
    const context = contextOf(module);
    if (!context) throw new Error(`${module.name} has no bounded context, so no topology can place it.`);
    return { module, context };
  });
}

export function livesIn({ modules }: PlacedApp, { context }: Member): boolean {
  return modules.includes(context.declaration.name);
}

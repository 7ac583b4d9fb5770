import type { Name } from '../name.js';
import type { Change } from '../plan.js';
import type { Repository } from '../repository.js';
import { type Imported, withImports } from '../source/imports.js';
import { withListed, withRegistered } from '../source/lists.js';
import { freeMember, type Injected, withInjected, withMethod } from '../source/methods.js';
import { emptySubscriber } from '../templates/subscriber.js';
import type { Placed } from './home.js';
import { moduleFile, withProvided } from './new-use-case.js';
import { sourceChange } from './source-change.js';

/** One more method of a module's subscriber. */
export interface Reception {
  readonly module: Name;
  readonly useCase: Name;
  /** In which list of the bounded context the subscriber stands for it. */
  readonly list: 'subscribers' | 'answers';
  readonly bus: Injected;
  readonly imports: readonly Imported[];
  /** Names for the method; the first that is free. */
  readonly names: readonly string[];
  readonly method: (name: string, bus: string) => string;
}

/** What becomes of the files of a module that takes one more message by a use case. */
export function withReception(
  repository: Repository,
  reception: Reception,
): { created: Record<string, string>; changed: Change[] } {
  const { module } = reception;
  const path = `src/modules/${module.kebab}/${module.kebab}.subscriber.ts`;
  const changedModule = sourceChange(repository, moduleFile(module), (text) =>
    withProvided(withSubscriber(text, reception), repository, { module, name: reception.useCase } satisfies Placed),
  );
  if (repository.has(path))
    return {
      created: {},
      changed: [changedModule, sourceChange(repository, path, (text) => received(text, reception))],
    };
  return { created: { [path]: received(emptySubscriber(module), reception) }, changed: [changedModule] };
}

function withSubscriber(text: string, { module: { kebab, pascal }, list }: Reception): string {
  const subscriber = `${pascal}Subscriber`;
  return withImports(withRegistered(withListed(text, 'providers', subscriber), list, subscriber), {
    name: subscriber,
    from: `./${kebab}.subscriber.js`,
  });
}

function received(text: string, { bus, imports, names, method }: Reception): string {
  const injected = withInjected(text, bus);
  const written = withMethod(injected.text, method(freeMember(injected.text, ...names), injected.name));
  return withImports(written, { name: bus.type, from: '@nestjs/cqrs' }, ...imports);
}

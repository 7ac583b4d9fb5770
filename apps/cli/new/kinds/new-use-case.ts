import type { Name } from '../name.js';
import type { Plan } from '../plan.js';
import type { Repository } from '../repository.js';
import { withImports } from '../source/imports.js';
import { withListed } from '../source/lists.js';
import { commandUseCase, queryUseCase, useCaseSpec } from '../templates/use-cases.js';
import { homeOfUseCases, mustBeNewUseCase, type Placed, readPlaced } from './home.js';
import { sourceChange } from './source-change.js';

export interface NewUseCase {
  /** `orders.cancel-order`. */
  readonly name: string;
  /** What reads only is a query. */
  readonly kind: 'command' | 'query';
}

/** A use case and its spec, and the line by which the module has it. */
export function planUseCase(repository: Repository, { name: given, kind }: NewUseCase): Plan {
  const placed = readPlaced(repository, given, 'use case');
  mustBeNewUseCase(repository, placed);
  const { module, name } = placed;
  const { folder, up } = homeOfUseCases(repository, module);
  const file = `${folder}/${name.kebab}`;
  return {
    created: {
      [`${file}.ts`]: kind === 'command' ? commandUseCase(name, 'id') : queryUseCase(name),
      [`${file}.spec.ts`]: useCaseSpec(kind, { module, useCase: name, up }),
    },
    changed: [sourceChange(repository, moduleFile(module), (text) => withProvided(text, repository, placed))],
    messages: [],
    next: [
      `Write in ${file}.ts what it does, and in its spec how that shows.`,
      `Call it from a route or a subscription: ${kind === 'command' ? 'commands' : 'queries'}.execute(new ${name.pascal}(id)).`,
    ],
  };
}

/** The text of a module's file with the handler of a use case among its providers. */
export function withProvided(text: string, repository: Repository, { module, name }: Placed): string {
  const handler = `${name.pascal}Handler`;
  const { up } = homeOfUseCases(repository, module);
  const from = `${up === '.' ? '.' : './use-cases'}/${name.kebab}.js`;
  return withImports(withListed(text, 'providers', handler), { name: handler, from });
}

export function moduleFile({ kebab }: Name): string {
  return `src/modules/${kebab}/${kebab}.module.ts`;
}

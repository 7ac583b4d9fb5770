import type { Name } from '../name.js';

/** A use case that changes something: runs in a transaction, and does nothing yet. */
export function commandUseCase({ pascal }: Name, key: string): string {
  return `import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { UnitOfWork } from '#kernel/persistence/unit-of-work';

export class ${pascal} {
  constructor(readonly ${key}: string) {}
}

@CommandHandler(${pascal})
export class ${pascal}Handler implements ICommandHandler<${pascal}> {
  constructor(private readonly unitOfWork: UnitOfWork) {}

  execute({ ${key} }: ${pascal}): Promise<void> {
    return this.unitOfWork.transaction(async (tx) => {
      // In place of this statement: load what it is about, let the domain decide, and publish what came of it.
      await tx.query('select $1::text', [${key}]);
    });
  }
}
`;
}

/** A use case that reads: finds nothing yet. */
export function queryUseCase({ pascal }: Name): string {
  return `import { type IQueryHandler, QueryHandler } from '@nestjs/cqrs';
import { UnitOfWork } from '#kernel/persistence/unit-of-work';

export class ${pascal} {
  constructor(readonly id: string) {}
}

@QueryHandler(${pascal})
export class ${pascal}Handler implements IQueryHandler<${pascal}> {
  constructor(private readonly unitOfWork: UnitOfWork) {}

  async execute({ id }: ${pascal}): Promise<{ found: boolean }> {
    // In place of this statement: look for what the id names.
    const rows = await this.unitOfWork.query('select 1 where $1::text is null', [id]);
    return { found: rows.length > 0 };
  }
}
`;
}

/** What a spec of a use case has to know of its surroundings. */
export interface Tested {
  readonly module: Name;
  readonly useCase: Name;
  /** From the use case's folder to the module's: `..`, or `.` in a flat module. */
  readonly up: string;
}

/** The spec beside a use case, which proves that the module carries it out. */
export function useCaseSpec(kind: 'command' | 'query', { module, useCase, up }: Tested): string {
  const bus = kind === 'command' ? 'CommandBus' : 'QueryBus';
  const outcome = kind === 'command' ? 'toBeUndefined()' : 'toEqual({ found: false })';
  return specOf({
    title: useCase.words,
    imports: [
      `import { ${bus} } from '@nestjs/cqrs';`,
      "import { type Scenario, startScenario } from '#test/scenario';",
      `import { ${module.pascal}Module } from '${up}/${module.kebab}.module.js';`,
      `import { ${useCase.pascal} } from './${useCase.kebab}.js';`,
    ],
    module,
    says: `is carried out by ${module.words}`,
    body: `const ${kind === 'command' ? 'done' : 'answer'} = scenario.get(${bus}).execute(new ${useCase.pascal}('0199a000-0000-7000-8000-000000000001'));
    await expect(${kind === 'command' ? 'done' : 'answer'}).resolves.${outcome};`,
  });
}

/** The spec of a use case that answers a query of other modules. */
export function answerSpec(query: Name, { module, up }: Tested): string {
  return specOf({
    title: query.words,
    imports: [
      "import { type Scenario, startScenario } from '#test/scenario';",
      `import { ${query.pascal} } from '${up}/contract/${query.kebab}.js';`,
      `import { ${module.pascal}Module } from '${up}/${module.kebab}.module.js';`,
    ],
    module,
    says: 'is answered to other modules',
    body: `const answer = scenario.ask(${query.pascal}, { id: '0199a000-0000-7000-8000-000000000001' });
    await expect(answer).resolves.toEqual({ found: false });`,
  });
}

function specOf(spec: { title: string; imports: string[]; module: Name; says: string; body: string }): string {
  return `import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
${spec.imports.join('\n')}

describe('${spec.title}', () => {
  let scenario: Scenario;

  beforeAll(async () => {
    scenario = await startScenario([${spec.module.pascal}Module]);
  });
  afterAll(() => scenario.close());

  it('${spec.says}', async () => {
    ${spec.body}
  });
});
`;
}

import type { Files } from '../plan.js';
import { capital, type Vocabulary } from './vocabulary.js';

/** What a module decides, does and says. */
export function domainFiles(words: Vocabulary): Files {
  const { entity, event, command, addition, retrieval } = words;
  return {
    [`contract/${event.kebab}.ts`]: eventContract(words),
    [`contract/${command.kebab}.ts`]: commandContract(words),
    [`domain/${entity.kebab}.ts`]: domain(words),
    [`use-cases/${addition.kebab}.ts`]: addUseCase(words),
    [`use-cases/${retrieval.kebab}.ts`]: getUseCase(words),
  };
}

function eventContract({ module, event, anEntity, id }: Vocabulary): string {
  return `import { z } from 'zod';
import { defineEvent } from '#kernel/contract/message';

/** ${capital(anEntity)} is kept from now on. */
export const ${event.pascal} = defineEvent(
  '${module.kebab}.${event.kebab}.v1',
  '${id}',
  z.strictObject({
    ${id}: z.uuid(),
    name: z.string().min(1).max(200),
  }),
);
`;
}

function commandContract({ module, event, command, anEntity, id }: Vocabulary): string {
  return `import { z } from 'zod';
import { defineCommand } from '#kernel/contract/message';

/** Registers ${anEntity}, unless there is one of its id. Answered by ${event.kebab}. */
export const ${command.pascal} = defineCommand(
  '${module.kebab}.${command.kebab}.v1',
  '${id}',
  z.strictObject({
    /** Of the sender's own choice. */
    ${id}: z.uuid(),
    /** The id of the account whose it is. */
    owner: z.string().min(1).max(200),
    name: z.string().min(1).max(200),
  }),
);
`;
}

function domain({ entity, anEntity }: Vocabulary): string {
  const { kebab, pascal, words } = entity;
  return `import { DomainError } from '#kernel/contract/domain-error';

/** ${capital(anEntity)}, as it was registered. */
export class ${pascal} {
  readonly id: string;
  /** The account whose it is. */
  readonly owner: string;
  readonly name: string;
  version = 1;

  constructor(details: { id: string; owner: string; name: string }) {
    this.id = details.id;
    this.owner = details.owner;
    this.name = details.name;
  }
}

export function unknown${pascal}(id: string): DomainError {
  return new DomainError('not-found', 'unknown-${kebab}', \`There is no ${words} "\${id}".\`);
}
`;
}

function addUseCase({ entity, event, addition, id }: Vocabulary): string {
  const { kebab, camel, pascal } = entity;
  return `import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { UnitOfWork } from '#kernel/persistence/unit-of-work';
import { ${event.pascal} } from '../contract/${event.kebab}.js';
import { ${pascal} } from '../domain/${kebab}.js';

export class ${addition.pascal} {
  constructor(readonly details: { id: string; owner: string; name: string }) {}
}

@CommandHandler(${addition.pascal})
export class ${addition.pascal}Handler implements ICommandHandler<${addition.pascal}> {
  constructor(private readonly unitOfWork: UnitOfWork) {}

  execute({ details }: ${addition.pascal}): Promise<${pascal}> {
    return this.unitOfWork.transaction(async (tx) => {
      const known = await tx.em.findOne(${pascal}, { id: details.id });
      if (known) return known;
      const ${camel} = new ${pascal}(details);
      tx.em.persist(${camel});
      tx.publish(${event.pascal}, { ${id}: ${camel}.id, name: ${camel}.name }, ${camel}.version);
      return ${camel};
    });
  }
}
`;
}

function getUseCase({ entity, anEntity, retrieval }: Vocabulary): string {
  const { kebab, camel, pascal } = entity;
  return `import { type IQueryHandler, QueryHandler } from '@nestjs/cqrs';
import { UnitOfWork } from '#kernel/persistence/unit-of-work';
import { ${pascal}, unknown${pascal} } from '../domain/${kebab}.js';

export class ${retrieval.pascal} {
  constructor(
    readonly id: string,
    /** Whose it must be; anybody's when undefined. */
    readonly owner: string | undefined,
  ) {}
}

@QueryHandler(${retrieval.pascal})
export class ${retrieval.pascal}Handler implements IQueryHandler<${retrieval.pascal}> {
  constructor(private readonly unitOfWork: UnitOfWork) {}

  async execute({ id, owner }: ${retrieval.pascal}): Promise<${pascal}> {
    const ${camel} = await this.unitOfWork.reader.findOne(${pascal}, { id });
    // That there is ${anEntity} of somebody else's is not for whoever asks to know.
    if (!${camel} || (owner !== undefined && ${camel}.owner !== owner)) throw unknown${pascal}(id);
    return ${camel};
  }
}
`;
}

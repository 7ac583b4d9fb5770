import type { Files } from '../plan.js';
import type { Vocabulary } from './vocabulary.js';

/** The table of contents of a module, and what it keeps in the database. */
export function contextFiles(words: Vocabulary): Files {
  const { module, entity, entities } = words;
  return {
    [`${module.kebab}.module.ts`]: contents(words),
    [`persistence/${entity.kebab}.mapping.ts`]: mapping(words),
    [`persistence/migrations/0001-${entities.kebab}.ts`]: migration(words),
  };
}

function contents({ module, entity, entities, addition, retrieval }: Vocabulary): string {
  const { kebab, pascal } = module;
  return `import { Module } from '@nestjs/common';
import { BoundedContext } from '#kernel/bounded-context';
import { ${pascal}Controller } from './${kebab}.controller.js';
import { ${pascal}Subscriber } from './${kebab}.subscriber.js';
import declaration from './module.json' with { type: 'json' };
import { ${entity.pascal}Mapping } from './persistence/${entity.kebab}.mapping.js';
import { ${entities.pascal} } from './persistence/migrations/0001-${entities.kebab}.js';
import { ${addition.pascal}Handler } from './use-cases/${addition.kebab}.js';
import { ${retrieval.pascal}Handler } from './use-cases/${retrieval.kebab}.js';

@Module({
  imports: [
    BoundedContext.register({
      declaration,
      entities: [${entity.pascal}Mapping],
      migrations: [{ name: '${kebab}-0001-${entities.kebab}', class: ${entities.pascal} }],
      subscribers: [${pascal}Subscriber],
    }),
  ],
  controllers: [${pascal}Controller],
  providers: [${pascal}Subscriber, ${addition.pascal}Handler, ${retrieval.pascal}Handler],
})
export class ${pascal}Module {}
`;
}

function mapping({ entity }: Vocabulary): string {
  const { kebab, pascal } = entity;
  return `import { defineEntity, p } from '@mikro-orm/core';
import { ${pascal} } from '../domain/${kebab}.js';

export const ${pascal}Mapping = defineEntity({
  class: ${pascal},
  tableName: '${tableOf(kebab)}',
  properties: {
    id: p.uuid().primary(),
    owner: p.string(),
    name: p.string(),
    version: p.integer().version(),
  },
});
`;
}

/** In quotes, since a name such as "order" is a word of SQL too. */
function migration({ entity, entities }: Vocabulary): string {
  return `import { Migration } from '@mikro-orm/migrations';

export class ${entities.pascal} extends Migration {
  override up(): void {
    this.addSql(\`
      create table "${tableOf(entity.kebab)}" (
        id uuid primary key,
        owner text not null,
        name text not null,
        version int not null default 1
      )\`);
  }
}
`;
}

function tableOf(entity: string): string {
  return entity.replaceAll('-', '_');
}

import { nameOf } from '../name.js';
import type { Files } from '../plan.js';
import { capital, type Heard, type Vocabulary } from './vocabulary.js';

/** Where requests and messages come in. */
export function edgeFiles(words: Vocabulary): Files {
  const { kebab } = words.module;
  return { [`${kebab}.controller.ts`]: controller(words), [`${kebab}.subscriber.ts`]: subscriber(words) };
}

function controller({ module, entity, route, anEntity, addition, retrieval }: Vocabulary): string {
  const { camel, pascal, words } = entity;
  return `import { Body, Controller, Get, Param, Post } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { v7 as uuidv7 } from 'uuid';
import { z } from 'zod';
import { CurrentPrincipal, ownerUnless } from '#kernel/http/access';
import { created } from '#kernel/http/answer';
import { Idempotent } from '#kernel/http/idempotency';
import { Refuses, Returns } from '#kernel/http/openapi';
import type { Principal } from '#kernel/http/tokens';
import { Uuid } from '#kernel/http/uuid';
import type { ${pascal} } from './domain/${entity.kebab}.js';
import { ${addition.pascal} } from './use-cases/${addition.kebab}.js';
import { ${retrieval.pascal} } from './use-cases/${retrieval.kebab}.js';

const ${pascal}View = z.object({ id: z.uuid(), name: z.string() });
const New${pascal} = z.strictObject({ name: z.string().trim().min(1).max(200) });

@Controller('${route}')
export class ${module.pascal}Controller {
  constructor(
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
  ) {}

  @Post()
  @Idempotent()
  @Returns(201, ${pascal}View, '${capital(anEntity)} of your own.')
  async add(@Body({ schema: New${pascal} }) { name }: z.output<typeof New${pascal}>, @CurrentPrincipal() principal: Principal) {
    const ${camel}: ${pascal} = await this.commands.execute(new ${addition.pascal}({ id: uuidv7(), owner: principal.id, name }));
    return created(view(${camel}), \`/${route}/\${${camel}.id}\`);
  }

  @Get(':id')
  @Returns(200, ${pascal}View, 'The ${words}.')
  @Refuses({ 404: 'no such ${words}, or not yours' })
  async get(@Param('id', { schema: Uuid }) id: string, @CurrentPrincipal() principal: Principal) {
    return view(await this.queries.execute(new ${retrieval.pascal}(id, ownerUnless(principal, 'admin'))));
  }
}

function view({ id, name }: ${pascal}): z.infer<typeof ${pascal}View> {
  return { id, name };
}
`;
}

function subscriber({ module, command, addition, id, dependsOn }: Vocabulary): string {
  const hears = dependsOn.length > 0;
  const heard = dependsOn.map((each) => ({ ...each, local: localName(each, dependsOn) }));
  const subscriptions = heard.map(({ module: other, file, exportName, local }) => {
    const name = local === exportName ? exportName : `${exportName} as ${local}`;
    return `import { ${name} } from '#modules/${other}/contract/${file}';\n`;
  });
  return `import { Injectable${hears ? ', Logger' : ''} } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { Handle, type Message${hears ? ', Subscribe' : ''} } from '#kernel/messaging/subscriptions';
${subscriptions.join('')}import { ${command.pascal} } from './contract/${command.kebab}.js';
import { ${addition.pascal} } from './use-cases/${addition.kebab}.js';

@Injectable()
export class ${module.pascal}Subscriber {
${hears ? `  private readonly log = new Logger('${module.kebab}');\n\n` : ''}  constructor(private readonly commands: CommandBus) {}

  @Handle(${command.pascal})
  register({ payload: { ${id}: id, owner, name } }: Message<typeof ${command.pascal}>): Promise<void> {
    return this.commands.execute(new ${addition.pascal}({ id, owner, name }));
  }
${heard.map(({ local }) => subscription(local)).join('')}}
`;
}

function subscription(event: string): string {
  return `
  /** Say here what it means for this module, and have a use case do it. */
  @Subscribe(${event})
  ${event.charAt(0).toLowerCase()}${event.slice(1)}({ type, key }: Message<typeof ${event}>): void {
    this.log.log(\`Heard of \${type} about \${key}.\`);
  }
`;
}

/** With its module's name before it, where events of two modules are called alike. */
function localName({ module, exportName }: Heard, all: readonly Heard[]): string {
  const isAlone = all.filter((each) => each.exportName === exportName).length === 1;
  return isAlone ? exportName : `${nameOf(module).pascal}${exportName}`;
}

import type { Name } from '../name.js';

/** A subscriber that takes nothing yet, for a module that has none. */
export function emptySubscriber({ pascal }: Name): string {
  return `import { Injectable } from '@nestjs/common';

@Injectable()
export class ${pascal}Subscriber {}
`;
}

/** What takes a command and has a use case carry it out. */
export function handlingMethod(method: string, command: Name, useCase: Name, commands: string, key: string): string {
  return `  @Handle(${command.pascal})
  ${method}({ payload }: Message<typeof ${command.pascal}>): Promise<void> {
    return this.${commands}.execute(new ${useCase.pascal}(payload.${key}));
  }
`;
}

/** What answers a query by a use case. */
export function answeringMethod(method: string, query: Name, useCase: Name, queries: string): string {
  return `  @Answers(${query.pascal})
  ${method}({ id }: RequestOf<typeof ${query.pascal}>): Promise<ReplyOf<typeof ${query.pascal}>> {
    return this.${queries}.execute(new ${useCase.pascal}(id));
  }
`;
}

import type { Name } from '../name.js';

/** `apps/monolith/monolith.module.ts` of a system of these modules. */
export function mapOfTheSystem(modules: readonly Name[]): string {
  const imports = modules
    .map(({ kebab, pascal }) => `import { ${pascal}Module } from '#modules/${kebab}/${kebab}.module';\n`)
    .sort();
  return `import { Module } from '@nestjs/common';
${imports.join('')}
/** The map of the system: one line a module. */
@Module({
  imports: [${modules.map(({ pascal }) => `${pascal}Module`).join(', ')}],
})
export class MonolithModule {}
`;
}

/** `topology.json` of a system of these modules in one app. */
export function topologyOf(modules: readonly Name[]): string {
  return `{
  "$schema": "./topology.schema.json",
  "transport": "in-process",
  "apps": {
    "monolith": { "modules": [${modules.map(({ kebab }) => `"${kebab}"`).join(', ')}] }
  }
}
`;
}

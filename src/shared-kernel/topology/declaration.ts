import { z } from 'zod';

/** `module.json`: the one static declaration of a module. Lint, graph and the runtime read it. */
export const ModuleDeclaration = z.strictObject({
  $schema: z.string().optional(),
  name: z.string().regex(/^[a-z][a-z0-9-]{0,39}$/, 'must be a short lower-case name such as "orders"'),
  schema: z.string().regex(/^[a-z][a-z0-9_]{0,39}$/, 'must be a plain PostgreSQL name such as "orders"'),
  /** The modules whose `contract/` it imports, types included. */
  dependsOn: z.array(z.string()),
  /** Messages that it subscribed to once and takes no more: what is left of them is passed by. */
  retired: z.array(z.string()).optional(),
});
export type ModuleDeclaration = z.infer<typeof ModuleDeclaration>;

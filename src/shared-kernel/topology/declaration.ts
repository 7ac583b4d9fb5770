import { z } from 'zod';

/** `module.json`: the one static declaration of a module. Lint, graph and the runtime read it. */
export const ModuleDeclaration = z.strictObject({
  $schema: z.string().optional(),
  name: z
    .string()
    .regex(/^[a-z][a-z0-9-]{0,39}$/, 'must be a short lower-case name such as "orders"')
    .describe('The name of the module, which is that of its folder.'),
  schema: z
    .string()
    .regex(/^[a-z][a-z0-9_]{0,39}$/, 'must be a plain PostgreSQL name such as "orders"')
    .regex(/^(?!pg_|public$|information_schema$)/, 'must be none that PostgreSQL has already')
    .describe("The PostgreSQL schema that is its own, and nobody else's."),
  dependsOn: z.array(z.string()).describe('The modules whose contract/ it imports, types included.'),
  retired: z
    .array(z.string())
    .optional()
    .describe('Messages that it subscribed to once and takes no more: what is left of them is passed by.'),
});
export type ModuleDeclaration = z.infer<typeof ModuleDeclaration>;

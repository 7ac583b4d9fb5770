import { z } from 'zod';

/** `topology.json`: which app holds which modules, and how apps reach each other. */
export const Topology = z.strictObject({
  $schema: z.string().optional(),
  transport: z.literal('in-process', 'must be "in-process": one app, nothing between its modules'),
  apps: z.record(z.string(), z.strictObject({ modules: z.array(z.string()) })),
});
export type Topology = z.infer<typeof Topology>;

/** The topology cannot be: `message` lists every reason, `mend` says where to put it right. */
export class TopologyError extends Error {
  override readonly name = 'TopologyError';
  readonly mend = 'Correct topology.json: every module of the system stands in exactly one app.';

  constructor(problems: readonly string[]) {
    super(`The topology does not fit the system:\n${problems.map((problem) => `  ${problem}`).join('\n')}`);
  }
}

/**
 * Reads a topology and holds it against the modules there are.
 * @throws TopologyError naming unknown, unplaced and doubly placed modules all at once.
 */
export function readTopology(json: unknown, modules: readonly string[]): Topology {
  const read = Topology.safeParse(json);
  if (!read.success)
    throw new TopologyError(read.error.issues.map((i) => `${i.path.join('.') || 'topology'}: ${i.message}`));
  const placed = Object.entries(read.data.apps).flatMap(([app, { modules: held }]) =>
    held.map((module) => ({ app, module })),
  );
  const problems = [
    ...placed
      .filter(({ module }) => !modules.includes(module))
      .map(({ app, module }) => `apps.${app} names "${module}", which is no module; there are ${modules.join(', ')}.`),
    ...modules
      .filter((module) => !placed.some((place) => place.module === module))
      .map((module) => `Module "${module}" stands in no app.`),
    ...modules
      .map((module) => ({ module, apps: placed.filter((place) => place.module === module).map(({ app }) => app) }))
      .filter(({ apps }) => apps.length > 1)
      .map(({ module, apps }) => `Module "${module}" stands more than once: in ${apps.join(', ')}.`),
    ...(Object.keys(read.data.apps).length > 1 ? ['The transport "in-process" reaches one app only.'] : []),
  ];
  if (problems.length > 0) throw new TopologyError(problems);
  return read.data;
}

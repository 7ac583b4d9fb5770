import { z } from 'zod';
import { UserError } from '../../user-error.js';
import { DEPENDENCY_TYPES } from './target.js';

/** One expression or several, of which one must match. */
const Expression = z.union([z.string(), z.array(z.string()).nonempty()]).transform((given, context) => {
  const source = typeof given === 'string' ? given : given.join('|');
  try {
    new RegExp(source);
  } catch {
    context.addIssue({ code: 'custom', message: `is no regular expression: ${source}` });
  }
  return source;
});

const Paths = z.strictObject({ path: Expression.optional(), pathNot: Expression.optional() });
const Types = z.array(z.enum(DEPENDENCY_TYPES)).nonempty();

const Common = {
  name: z.string().min(1),
  /** Whatever it says, the rule is held; but for `ignore`. */
  severity: z.enum(['error', 'warn', 'info', 'ignore']).optional(),
  comment: z.string().optional(),
  why: z.string().optional(),
  mend: z.string().optional(),
  from: Paths,
};

const DependencyRule = z.strictObject({
  ...Common,
  to: Paths.extend({
    couldNotResolve: z.boolean().optional(),
    circular: z.boolean().optional(),
    dependencyTypes: Types.optional(),
    dependencyTypesNot: Types.optional(),
  }),
});

const NO_GROUPS = 'may not take a group of from.path, as $1, in a rule about what is reachable';
const hasGroup = (source: string | undefined): boolean => source !== undefined && /\$\d/.test(source);

const ReachabilityRule = z
  .strictObject({ ...Common, to: Paths.extend({ reachable: z.boolean() }) })
  .refine(({ to }) => !hasGroup(to.path) && !hasGroup(to.pathNot), { path: ['to'], message: NO_GROUPS });

/** A rule about single dependencies. */
export type DependencyRule = z.output<typeof DependencyRule>;
/** A rule about what can be reached over any number of dependencies. */
export type ReachabilityRule = z.output<typeof ReachabilityRule>;
export type ImportRule = DependencyRule | ReachabilityRule;

export const isAboutReach = (rule: ImportRule): rule is ReachabilityRule => 'reachable' in rule.to;

/**
 * A rule in the part of dependency-cruiser's language that is held here.
 * @param where the file it is from
 * @throws UserError for a rule in any other part: one that is not understood must not seem to be kept
 */
export function parseRule(given: unknown, where: string): ImportRule {
  const schema = isReachabilityGiven(given) ? ReachabilityRule : DependencyRule;
  const { data, error } = schema.safeParse(given);
  if (data !== undefined) return data;
  const problems = error.issues.map(({ path, message }) => `${path.join('.') || 'it'}: ${message}`).join('; ');
  throw new UserError(
    `${where} has a rule that "seamline check" does not understand, ${nameOf(given)}: ${problems}.`,
    "docs/boundaries.md says which part of dependency-cruiser's language it holds; hold the rest by dependency-cruiser itself.",
    2,
  );
}

function isReachabilityGiven(given: unknown): boolean {
  const to = (given as { to?: unknown } | null)?.to;
  return typeof to === 'object' && to !== null && 'reachable' in to;
}

function nameOf(given: unknown): string {
  const name = (given as { name?: unknown } | null)?.name;
  return typeof name === 'string' ? `"${name}"` : 'without a name';
}

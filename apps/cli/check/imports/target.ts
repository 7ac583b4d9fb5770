/** What a dependency is, in the words of dependency-cruiser that rules may use. */
export const DEPENDENCY_TYPES = [
  'core',
  'local',
  'npm',
  'npm-dev',
  'npm-optional',
  'npm-peer',
  'npm-no-pkg',
  'npm-unknown',
  'type-only',
  'unknown',
] as const;
export type DependencyType = (typeof DEPENDENCY_TYPES)[number];

/** Where an import leads. */
export interface Target {
  /** Below the root, or of a package `node_modules/…`; of a part of Node its name; the specifier where it leads nowhere. */
  readonly path: string;
  readonly types: readonly DependencyType[];
  readonly couldNotResolve: boolean;
}

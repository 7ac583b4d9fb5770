/** What is needed of package.json. */
export interface Manifest {
  readonly name: string;
  readonly scripts: Readonly<Record<string, string>>;
  readonly dependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
  readonly [other: string]: unknown;
}

/** What is needed of package-lock.json. */
export interface Lock {
  readonly packages: Readonly<Record<string, Locked>>;
  readonly [other: string]: unknown;
}

interface Locked {
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
  readonly [other: string]: unknown;
}

/** Packages that only what stays here needs. */
export const LEFT_OUT: readonly string[] = ['@asyncapi/specs', 'ajv', 'ajv-formats', 'csv-parse'];

/** Scripts of what stays here. */
const SCRIPTS_LEFT_OUT = /^(?:pre)?(?:bench|torture|test:brokers|test:long|test:topologies)$/;

const KERNEL_SPECS = {
  'pretest:kernel': 'node bin/bootstrap.js',
  'test:kernel': 'exec jest --config jest.kernel.config.js',
};

/** `package.json` of a project of this name, with exactly the packages of this one that it needs. */
export function manifestFor(name: string, { description: _, license: __, ...manifest }: Manifest): Manifest {
  const scripts = Object.entries(manifest.scripts).filter(([script]) => !SCRIPTS_LEFT_OUT.test(script));
  return {
    ...manifest,
    name,
    version: '0.1.0',
    scripts: { ...Object.fromEntries(scripts), ...KERNEL_SPECS },
    dependencies: needed(manifest.dependencies),
    devDependencies: needed(manifest.devDependencies),
  };
}

/** `package-lock.json` for it: the same versions, without those that nothing leads to any more. */
export function lockFor({ name, version, dependencies, devDependencies }: Manifest, lock: Lock): Lock {
  const { license: _, ...root } = lock.packages[''] as Locked;
  const packages = { ...lock.packages, '': { ...root, name, version, dependencies, devDependencies } };
  const reached = reachedIn(packages);
  return {
    ...lock,
    name,
    version,
    packages: Object.fromEntries(Object.entries(packages).filter(([path]) => reached.has(path))),
  };
}

function needed(packages: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(packages).filter(([name]) => !LEFT_OUT.includes(name)));
}

function reachedIn(packages: Lock['packages']): Set<string> {
  const reached = new Set(['']);
  for (const path of reached) {
    const { dependencies, devDependencies, optionalDependencies, peerDependencies } = packages[path] as Locked;
    const wanted = { ...dependencies, ...devDependencies, ...optionalDependencies, ...peerDependencies };
    for (const name of Object.keys(wanted)) {
      const found = placeOf(name, path, packages);
      if (found !== undefined) reached.add(found);
    }
  }
  return reached;
}

/** Where Node finds a package from another one: in the nearest node_modules on the way up. */
function placeOf(name: string, from: string, packages: Lock['packages']): string | undefined {
  const place = `${from === '' ? '' : `${from}/`}node_modules/${name}`;
  if (place in packages) return place;
  const above = from.lastIndexOf('/node_modules/');
  if (from === '') return undefined;
  return placeOf(name, above === -1 ? '' : from.slice(0, above), packages);
}

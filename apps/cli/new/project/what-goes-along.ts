/** A file, or a folder with all that is in it, as the beginning of its path; and why it is dealt with so. */
export interface Part {
  readonly path: string;
  readonly why: string;
}

/** What a new project gets as it is here. Where two parts hold a file, the longer path decides. */
export const GOES_ALONG: readonly Part[] = [
  { path: '.dependency-cruiser.js', why: 'the wall of imports, for editors too' },
  { path: '.github/workflows/', why: 'what CI does' },
  { path: '.gitignore', why: 'what is made on the way' },
  { path: '.node-version', why: 'the Node to install where none comes with the packages' },
  { path: '.npmrc', why: "Node's options for ES modules under Jest" },
  { path: '.swcrc', why: 'how the sources are compiled' },
  { path: 'apps/cli/', why: 'the command line' },
  { path: 'apps/host/', why: 'what makes a process an app' },
  { path: 'apps/monolith/main.ts', why: 'the app that holds all modules' },
  { path: 'bin/', why: 'installs, finds Node, compiles' },
  { path: 'biome.json', why: 'format and lint' },
  { path: 'docs/', why: 'how to read a broken wall, what to do with a stuck message, why the kernel is as it is' },
  { path: 'jest.config.js', why: 'how the specs run' },
  { path: 'module.schema.json', why: 'what module.json may say, for editors' },
  { path: 'nest-cli.json', why: "for those who use Nest's own command line" },
  {
    path: 'src/modules/identity/',
    why: 'every route is closed unless it says otherwise: without accounts and tokens nobody could call one',
  },
  { path: 'src/shared-kernel/', why: 'the kernel, with the specs by which a team may change it' },
  { path: 'test/booted-modules.ts', why: 'specs boot modules by it' },
  { path: 'test/crash/', why: "for the kernel's specs" },
  { path: 'test/global-setup.js', why: 'the PostgreSQL of the specs' },
  { path: 'test/global-teardown.js', why: 'the PostgreSQL of the specs' },
  { path: 'test/http.ts', why: 'specs send requests by it' },
  { path: 'test/import-typescript.js', why: 'for what runs before the specs' },
  { path: 'test/kept-awake.ts', why: "for the kernel's specs" },
  { path: 'test/scenario.ts', why: 'specs of modules speak and listen by it' },
  { path: 'test/talk.ts', why: "for the kernel's specs" },
  { path: 'test/test-database.ts', why: 'a database for each spec' },
  { path: 'test/test-tokens.ts', why: 'tokens for specs' },
  { path: 'test/transports/certificates.ts', why: "for the kernel's specs" },
  { path: 'test/transports/direct.ts', why: "for the kernel's specs" },
  { path: 'test/transports/modules.ts', why: "for the kernel's specs" },
  { path: 'test/transports/placed-app.ts', why: "for the kernel's specs" },
  { path: 'test/transports/ports.ts', why: "for the kernel's specs" },
  { path: 'test/transports/proxy.ts', why: "for the kernel's specs" },
  { path: 'test/transports/raw-wire.ts', why: "for the kernel's specs" },
  { path: 'test/transports/under-test.ts', why: "for the kernel's specs" },
  { path: 'test/transports/weather.ts', why: "for the kernel's specs" },
  { path: 'test/until.ts', why: 'specs wait by it' },
  { path: 'topology.schema.json', why: 'what topology.json may say, for editors' },
  { path: 'tsconfig.json', why: 'the compiler' },
];

/** What stays here. */
export const STAYS: readonly Part[] = [
  { path: '.ci/', why: 'written anew: half of its steps are for what stays' },
  { path: 'README.md', why: 'written anew, about the project' },
  { path: 'apps/cli/new/generate-repository.ts', why: 'the checks are tried where they are made' },
  { path: 'apps/cli/new/project/', why: 'projects are made here' },
  { path: 'apps/cli/new/templates/filler.ts', why: 'as the repositories that it fills' },
  { path: 'apps/cli/replay', why: 'orders of the shop' },
  { path: 'apps/monolith/', why: 'its list of modules is written anew' },
  { path: 'bench/', why: 'measures the kernel where it is made' },
  { path: 'data/', why: 'orders of the shop' },
  { path: 'docs/architecture', why: 'drawn anew from the modules of the project' },
  { path: 'docs/asyncapi', why: 'written anew from the modules of the project' },
  { path: 'docs/openapi', why: 'written anew from the modules of the project' },
  { path: 'docs/adr/0007-', why: 'of the shop' },
  { path: 'docs/adr/0009-', why: 'of the shop' },
  { path: 'jest.brokers.config.js', why: 'proves the transports where they are made' },
  { path: 'jest.long.config.js', why: 'makes projects' },
  { path: 'jest.topologies.config.js', why: 'proves topologies by the shop' },
  { path: 'package-lock.json', why: 'written anew, of the same packages' },
  { path: 'package.json', why: 'written anew, of the same packages' },
  { path: 'src/modules/', why: 'the shop' },
  { path: 'test/', why: 'proves what is made here, by the shop' },
  { path: 'topology.json', why: 'written anew, for the modules of the project' },
];

/** Specs of apps prove the command line and the host where they are made, many of them by the shop. */
const STAYS_HERE = /^apps\/.*(?:\.spec\.ts$|\/testing\/)/;

/** What happens to a file: whether it goes along, and why. Undefined for one that nobody has decided on. */
export function fateOf(file: string): { readonly goes: boolean; readonly part: Part } | undefined {
  const decided = [...GOES_ALONG.map((part) => ({ goes: true, part })), ...STAYS.map((part) => ({ goes: false, part }))]
    .filter(({ part }) => file === part.path || (file.startsWith(part.path) && !SINGLE_FILES.has(part.path)))
    .sort((one, other) => other.part.path.length - one.part.path.length)[0];
  return decided && { ...decided, goes: decided.goes && !STAYS_HERE.test(file) };
}

/** Names of single files, which are no beginnings of others. */
const SINGLE_FILES = new Set(GOES_ALONG.map(({ path }) => path).filter((path) => !path.endsWith('/')));

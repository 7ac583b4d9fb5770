// The walls of imports, in dependency-cruiser's language: `seamline check` holds the sources against them, and so does
// `npx depcruise src apps test`, as far as it sees. docs/boundaries.md tells how to read a violation. The rules about
// single modules are made from what their module.json declares, so that there is one place to say who may depend on whom.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const MODULE = '^src/modules/([^/]+)/';
const KERNEL = '^src/shared-kernel/';
const APP = '^apps/([^/]+)/';
const PRODUCT = '^(src|apps)/';
/** A folder for the helpers of tests, but not a module or app that happens to be called so. */
const TESTING = ['', '.+/'].map((deep) => `^(src/modules/[^/]+|src/shared-kernel|apps/[^/]+)/${deep}testing/`);
const TEST_CODE = ['[.]spec[.]ts$', ...TESTING];

/** Libraries that compute and do nothing else: no framework, no clock, no network, no disk. */
const PLAIN_LIBRARIES = '(^|/)node_modules/(@types/)?(big[.]js|zod)/';
const ZOD = '(^|/)node_modules/zod/';
/** Carriers of messages and keepers of deadlines: they stand behind the kernel's transports and requests. */
const SEAM_LIBRARIES =
  '(^|/)node_modules/(cockatiel|bullmq|ioredis|amqplib|amqp-connection-manager|kafkajs|@confluentinc|@nats-io|@grpc|@nestjs/(microservices|bullmq))/';

/**
 * Every rule for the tree under `root`, with why it is there and how to mend what breaks it: its modules are those below
 * `src/modules` there.
 * @param {string} root
 */
export function rulesFor(root) {
  return [...RULES, ...modulesUnder(root).map(onlyDeclaredContracts)];
}

/**
 * The same as dependency-cruiser's configuration.
 * @param {string} root
 */
export function configurationFor(root) {
  const forbidden = rulesFor(root).map(({ name, why, mend, from, to }) => ({
    name,
    severity: 'error',
    comment: `${why} ${mend}`,
    from,
    to,
  }));
  return { forbidden, options: optionsFor(root) };
}

const RULES = [
  {
    name: 'no-unresolvable-import',
    why: 'An import that leads nowhere is also one that no other rule can judge.',
    mend: 'Correct the path, or add the package to package.json.',
    from: {},
    to: { couldNotResolve: true },
  },
  {
    name: 'no-import-cycle',
    why: 'Files that import each other, even by types alone, can be neither read nor moved one at a time.',
    mend: 'Move what both need into a third file that imports neither, or pass it in as an argument.',
    from: {},
    to: { circular: true },
  },
  {
    name: 'only-a-modules-contract',
    why: "What is not in a module's contract/ is its own affair: whoever imports it breaks when the module changes, and stands in the way when it moves to an app of its own.",
    mend: 'Send it a command, subscribe to its event, or have its owner put what you need into its contract/.',
    from: { path: MODULE },
    to: { path: '^src/modules/[^/]+/(?!contract/)', pathNot: '^src/modules/$1/' },
  },
  {
    name: 'tests-of-a-module-are-its-own',
    why: 'What a module keeps for its own tests changes with them, and promises nothing to others.',
    mend: "Use the contract as the product would, or move the helper into test/ if it knows nothing of the module's insides.",
    from: { path: MODULE },
    to: {
      path: ['^src/modules/[^/]+/contract/testing/', '^src/modules/[^/]+/contract/.+/testing/'],
      pathNot: '^src/modules/$1/',
    },
  },
  {
    name: 'contract-is-a-leaf',
    why: 'A contract is all that others know of a module, so whatever it imports they come to depend on too.',
    mend: 'Keep it to message names and schemas: import only #kernel/contract/*, zod and its own files.',
    from: { path: '^src/modules/([^/]+)/contract/', pathNot: TEST_CODE },
    to: { pathNot: ['^src/modules/$1/contract/', '^src/shared-kernel/contract/', ZOD], couldNotResolve: false },
  },
  {
    name: 'kernel-contract-is-a-leaf',
    why: 'Every contract and every domain imports #kernel/contract/*, so a framework in there is a framework in all of them.',
    mend: 'Import only its own files and plain libraries; put what needs more into another folder of the kernel.',
    from: { path: '^src/shared-kernel/contract/', pathNot: TEST_CODE },
    to: { pathNot: ['^src/shared-kernel/contract/', PLAIN_LIBRARIES], couldNotResolve: false },
  },
  {
    name: 'domain-is-plain-typescript',
    why: 'The rules of the business are decided without a framework, a database, a clock or a disk, so that they can be read and tested alone.',
    mend: 'Import only this domain, #kernel/contract/* and plain libraries; let the use case fetch what is needed and pass it in. A library that only computes may join PLAIN_LIBRARIES in .dependency-cruiser.js.',
    from: { path: '^src/modules/([^/]+)/domain/', pathNot: TEST_CODE },
    to: {
      pathNot: ['^src/modules/$1/domain/', '^src/shared-kernel/contract/', PLAIN_LIBRARIES],
      couldNotResolve: false,
    },
  },
  {
    name: 'kernel-knows-nobody',
    why: 'The kernel holds the mechanism that every module needs identically; once it knows one module or app, none can leave without it.',
    mend: 'Let the module register what the kernel needs of it, or move the code to where it is used.',
    from: { path: KERNEL },
    to: { path: '^(src/modules|apps)/' },
  },
  {
    name: 'modules-know-no-app',
    why: 'The same module runs in the monolith and in an app of its own, so it cannot know which one it is in.',
    mend: 'Take what the app has to say from the settings it hands to the runtime.',
    from: { path: '^src/modules/' },
    to: { path: '^apps/' },
  },
  {
    name: 'modules-leave-the-seam-to-the-kernel',
    why: 'Retries, deadlines and brokers are written once, in the kernel; a module that brings its own behaves differently on the day it is extracted.',
    mend: 'Publish and subscribe by the kernel, and mend there what it lacks.',
    from: { path: '^src/modules/', pathNot: TEST_CODE },
    to: { path: SEAM_LIBRARIES },
  },
  {
    name: 'apps-enter-by-the-front-door',
    why: 'An app puts modules together and knows nothing of their insides: only then can it hold any set of them.',
    mend: 'Import the <module>.module.ts alone, and reach the rest over HTTP or by messages.',
    from: { path: '^apps/', pathNot: TEST_CODE },
    to: { path: '^src/modules/([^/]+)/(?!\\1[.]module[.]ts$)' },
  },
  {
    name: 'tests-enter-by-the-front-door',
    why: 'A test outside a module that knows its insides must be rewritten with them, and proves nothing about what others see.',
    mend: 'Go through its HTTP face or its contract/, or move the test into the module.',
    from: { path: ['^test/', '^apps/.+[.]spec[.]ts$'] },
    to: { path: '^src/modules/([^/]+)/(?!\\1[.]module[.]ts$|contract/)' },
  },
  {
    name: 'apps-stand-alone',
    why: 'Apps are deployed one by one, so none may need the code of another.',
    mend: 'Move what both need into apps/host or the kernel; besides these, apps may import apps/monolith/monolith.module.ts, and only the command line, which starts them, any app.',
    from: { path: APP, pathNot: '^apps/cli/' },
    to: { path: '^apps/', pathNot: ['^apps/$1/', '^apps/host/', '^apps/monolith/monolith[.]module[.]ts$'] },
  },
  {
    name: 'no-place-beside-the-layout',
    why: 'Code outside src/modules/<module>, src/shared-kernel and apps/<app> belongs to nobody, and what two modules share there is a dependency that no rule sees; dist/ holds copies.',
    mend: 'Move the file to its owner and import it there.',
    from: { path: PRODUCT, pathNot: TEST_CODE },
    to: {
      pathNot: [
        '(^|/)node_modules/',
        '^src/modules/[^/]+/',
        KERNEL,
        '^apps/[^/]+/',
        '^(bench|test)/',
        '^(package|topology)[.]json$',
      ],
      dependencyTypesNot: ['core'],
      couldNotResolve: false,
    },
  },
  {
    name: 'product-imports-no-test-code',
    why: 'What a user runs must not need what only the tests bring.',
    mend: 'Move what both need out of the test, or what only tests need into test/ or a folder named testing/.',
    from: { path: PRODUCT, pathNot: TEST_CODE },
    to: { path: ['^test/', ...TESTING] },
  },
  {
    name: 'bench-stays-outside',
    why: 'A bench brings the packages of others to measure against, which no product and no test of it may need.',
    mend: 'Move what both need into the product, and import it in the bench.',
    from: { path: '^(src|apps|test)/' },
    to: { path: '^bench/' },
  },
  {
    name: 'nobody-imports-a-spec',
    why: "A spec that is imported runs its tests a second time, in somebody else's name.",
    mend: 'Move what is shared into test/ or a folder named testing/.',
    from: {},
    to: { path: '[.]spec[.]ts$' },
  },
  {
    name: 'product-needs-no-development-package',
    why: 'Where the packages for development are left out, as in a production image, this import fails.',
    mend: 'Move the package to "dependencies" in package.json, or the code into a test.',
    from: { path: PRODUCT, pathNot: TEST_CODE },
    to: { dependencyTypes: ['npm-dev'], pathNot: '(^|/)node_modules/@types/' },
  },
  {
    name: 'no-undeclared-package',
    why: 'A package that is only there because another one needs it is gone when that one changes its mind.',
    mend: 'Add it to package.json.',
    from: {},
    to: { dependencyTypes: ['npm-no-pkg', 'npm-unknown'] },
  },
  {
    name: 'no-dead-code',
    why: 'Nothing reaches this file from the main.ts of any app, so nobody runs it.',
    mend: 'Delete it, or wire it up: a provider into its module, a module into its app, a command into apps/cli/main.ts.',
    from: { path: '^apps/[^/]+/main[.]ts$' },
    // The kernel may offer what no module here needs yet, and a contract tell of what is heard elsewhere.
    to: {
      path: '^(src/modules|apps)/.+[.]ts$',
      pathNot: [...TEST_CODE, '^apps/[^/]+/main[.]ts$', '^src/modules/[^/]+/contract/'],
      reachable: false,
    },
  },
];

/** @param {{ folder: string, dependsOn: string[] }} module */
function onlyDeclaredContracts({ folder, dependsOn }) {
  const own = `^src/modules/${literal(folder)}/`;
  const declared = dependsOn.map((name) => `^src/modules/${literal(name)}/contract/`);
  const says = dependsOn.length > 0 ? dependsOn.join(', ') : 'nobody';
  return {
    name: `${folder}-depends-on-what-it-declares`,
    why: `\`src/modules/${folder}/module.json\` says that ${folder} depends on ${says}, and who depends on whom is decided there, not by an import in passing: it decides which modules can leave alone.`,
    mend: 'Add the owner of this contract to its dependsOn, or do without.',
    from: { path: own },
    to: { path: '^src/modules/[^/]+/contract/', pathNot: [own, ...declared] },
  };
}

/**
 * A folder without a module.json may depend on nobody; on whom one may whose module.json cannot be read, nobody can say.
 * Both are reported by `seamline check`.
 */
function modulesUnder(root) {
  const folder = join(root, 'src/modules');
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => ({ folder: name, dependsOn: declaredBy(join(folder, name, 'module.json')) }))
    .filter(({ dependsOn }) => dependsOn !== undefined);
}

function declaredBy(file) {
  if (!existsSync(file)) return [];
  try {
    const { dependsOn } = JSON.parse(readFileSync(file, 'utf8'));
    return Array.isArray(dependsOn) ? dependsOn.filter((name) => typeof name === 'string') : undefined;
  } catch {
    return undefined;
  }
}

const literal = (text) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');

function optionsFor(root) {
  return {
    // Without this, an `import type` across modules goes unseen.
    tsPreCompilationDeps: true,
    tsConfig: { fileName: join(root, 'tsconfig.json') },
    detectProcessBuiltinModuleCalls: true,
    // `#kernel/*` and its like lead to the sources by the project's own condition.
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['seamline-src', 'types', 'import', 'node', 'default', 'require'],
      extensions: ['.ts', '.tsx', '.d.ts', '.mts', '.cts', '.js', '.mjs', '.cjs', '.json', '.node'],
    },
    // Followed no further, but seen: an import of dist/ is how a wall could be walked around.
    doNotFollow: { path: ['(^|/)node_modules/', '^dist/'] },
  };
}

export default configurationFor(import.meta.dirname);

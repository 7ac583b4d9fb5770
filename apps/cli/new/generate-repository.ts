import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { projectRoot } from '../project-root.js';
import { UserError } from '../user-error.js';
import { type Name, nameOf } from './name.js';
import type { Files } from './plan.js';
import { mustBeEmpty } from './project/destination.js';
import { mapOfTheSystem, topologyOf } from './project/map.js';
import { manifestFor } from './project/packages.js';
import { sourcesOf } from './project/sources.js';
import { fillerFiles } from './templates/filler.js';
import { moduleSources } from './templates/module-files.js';
import { type Heard, type Vocabulary, vocabularyOf } from './templates/vocabulary.js';

export interface RepositorySize {
  readonly modules: number;
  readonly filesPerModule: number;
}

/** What it is called in its package.json. */
const GENERATED = 'generated';
/** What one module of a generated repository depends on, at most. */
const MOST_DEPENDENCIES = 3;
/** Who depends on whom goes through so many layers, as in a system that people still understand. */
const LAYERS = 5;

/** The first are there to be confounded: with each other, with folders of the kernel, with parts of a module. */
const SUBJECTS =
  'order orders messaging contract persistence http domain telemetry parcel route depot driver tariff claim invoice ledger voucher shelf recipe menu table guest ticket seat venue course pupil grade lesson clinic patient dose meter reading plot crop harvest vessel berth cargo'.split(
    ' ',
  );

/**
 * Writes a repository of this layout, in every run the same: kernel, host and command line of this project, and so many
 * modules of so many files each, which depend on the contracts of others without a circle. It breaks no rule.
 * @throws UserError when the folder is not empty, or when a module could not be whole in so few files
 */
export async function generateRepository(dir: string, { modules, filesPerModule }: RepositorySize): Promise<void> {
  mustBeEmpty(dir);
  const made = Array.from({ length: modules }, (_, index) => vocabularyAt(index, modules));
  mustHoldAModule(filesPerModule);
  writeAll(dir, { ...sourcesOf(projectRoot, GENERATED, 'check'), ...systemFiles(made.map(({ module }) => module)) });
  for (const words of made) writeAll(join(dir, 'src/modules', words.module.kebab), moduleOf(words, filesPerModule));
  symlinkSync(join(projectRoot, 'node_modules'), join(dir, 'node_modules'));
}

function mustHoldAModule(files: number): void {
  const fewest = Object.keys(moduleSources(vocabularyAt(0, 1))).length;
  if (files < fewest)
    throw new UserError(`A module has ${fewest} files or more, not ${files}.`, `Take --files-per-module ${fewest}.`);
}

function systemFiles(modules: readonly Name[]): Files {
  const manifest = manifestFor(GENERATED, JSON.parse(readFileSync(join(projectRoot, 'package.json'), 'utf8')));
  return {
    'apps/monolith/monolith.module.ts': mapOfTheSystem(modules),
    'topology.json': topologyOf(modules),
    'package.json': `${JSON.stringify(manifest, null, 2)}\n`,
  };
}

function moduleOf(words: Vocabulary, size: number): Files {
  const sources = moduleSources(words);
  const { files, useCases } = fillerFiles(words, size - Object.keys(sources).length);
  const contents = `${words.module.kebab}.module.ts`;
  return { ...sources, ...files, [contents]: withUseCases(sources[contents] as string, useCases) };
}

/** Without the compiler's help, which would take minutes for thousands of modules. */
function withUseCases(contents: string, useCases: readonly Name[]): string {
  const imports = useCases.map(({ pascal, kebab }) => `import { ${pascal}Handler } from './use-cases/${kebab}.js';\n`);
  const providers = useCases.map(({ pascal }) => `, ${pascal}Handler`);
  return contents
    .replace('\n@Module', `${imports.join('')}\n@Module`)
    .replace(/(providers: \[[^\]]*)\]/, (_, listed: string) => `${listed}${providers.join('')}]`);
}

function vocabularyAt(index: number, modules: number): Vocabulary {
  return vocabularyOf(moduleAt(index), entityAt(index), dependenciesOf(index, modules).map(heardFrom));
}

function moduleAt(index: number): Name {
  const subject = SUBJECTS[index % SUBJECTS.length] as string;
  const round = Math.floor(index / SUBJECTS.length);
  return nameOf(round === 0 ? subject : `${subject}-${round + 1}`);
}

function entityAt(index: number): Name {
  return nameOf(`${moduleAt(index).kebab}-entry`);
}

function heardFrom(index: number): Heard {
  const event = nameOf(`${entityAt(index).kebab}-registered`);
  return { module: moduleAt(index).kebab, file: event.kebab, exportName: event.pascal };
}

/** Some of the layers below: spread by steps that share no divisor with usual numbers of modules. */
function dependenciesOf(index: number, modules: number): number[] {
  const layer = Math.floor((index * LAYERS) / modules);
  const below = Math.ceil((layer * modules) / LAYERS);
  if (below === 0) return [];
  const steps = Array.from({ length: 1 + (index % MOST_DEPENDENCIES) }, (_, n) => (index * 7 + n * 13) % below);
  return [...new Set(steps)].sort((a, b) => a - b);
}

function writeAll(folder: string, files: Files): void {
  const folders = new Set(Object.keys(files).map((path) => dirname(join(folder, path))));
  for (const each of folders) mkdirSync(each, { recursive: true });
  for (const [path, text] of Object.entries(files)) writeFileSync(join(folder, path), text);
}

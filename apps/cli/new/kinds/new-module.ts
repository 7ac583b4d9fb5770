import { UserError } from '../../user-error.js';
import { freeName, kebabOf, type Name, readName } from '../name.js';
import type { Change, Plan } from '../plan.js';
import { mustHaveModule, type Repository } from '../repository.js';
import { declaredSchemas, firstEventOf } from '../source/declared.js';
import { withImports } from '../source/imports.js';
import { withListed, withPlaced } from '../source/lists.js';
import { moduleFiles } from '../templates/module-files.js';
import { schemaOf, type Vocabulary, vocabularyOf } from '../templates/vocabulary.js';
import { readEntity } from './entity.js';
import { sourceChange } from './source-change.js';

export interface NewModule {
  readonly name: string;
  /** What it keeps, as `parcel`. */
  readonly entity: string;
  /** The modules whose events it subscribes to. */
  readonly dependsOn: readonly string[];
}

/** The operators', of the kernel. */
const TAKEN_ROUTE = 'admin/messages';

const MAP = 'apps/monolith/monolith.module.ts';
const TOPOLOGY = 'topology.json';

/** Names that mean something else to the machinery, and what. */
const SPOKEN_FOR: ReadonlyMap<string, string> = new Map([
  ['owner', 'the role that owns all schemas is called so'],
  ['probe', 'the module that listens in the specs is called so'],
  ['public', "PostgreSQL's schema for everybody is called so"],
  ['information-schema', "PostgreSQL's catalog is called so"],
  ['test', 'TEST_DATABASE_URL names the server that the tests run on'],
  ['constructor', 'every object of JavaScript has something called so'],
  ['seamline-test', 'SEAMLINE_TEST_DATABASE_URL names the server that the tests run on'],
]);

/**
 * What a new module consists of, its line on the map of the system, and its place in the topology.
 * @throws UserError for a name that is bad or taken, and for modules that there are not
 */
export function planModule(repository: Repository, { name: given, entity, dependsOn }: NewModule): Plan {
  const name = readName(given, 'module', undefined, (near) => acceptable(repository, near));
  const objection = objectionTo(repository, name.kebab);
  if (objection) throw new UserError(objection.reason, `Try "${objection.instead}"${objection.or ?? ''}.`);
  for (const other of dependsOn) mustHaveModule(repository, other);
  const heard = [...new Set(dependsOn)].sort().map((other) => firstEventOf(repository, other));
  const words = vocabularyOf(name, readEntity(entity), heard);
  if (words.route === TAKEN_ROUTE)
    throw new UserError(
      `Its routes would begin with /${TAKEN_ROUTE}, which is the kernel's.`,
      `Try "our-${name.kebab}", or another --entity.`,
    );
  const { kebab } = name;
  return {
    created: Object.fromEntries(
      Object.entries(moduleFiles(words)).map(([path, text]) => [`src/modules/${kebab}/${path}`, text]),
    ),
    changed: [onTheMap(repository, name), sourceChange(repository, TOPOLOGY, (text) => withPlaced(text, kebab))],
    messages: [words.event, words.command].map((message) => `${kebab}.${message.kebab}.v1`),
    next: nextSteps(words),
  };
}

/** What speaks against the name of a module, and one that nothing speaks against. */
interface Objection {
  readonly reason: string;
  readonly instead: string;
  readonly or?: string;
}

function objectionTo(repository: Repository, kebab: string): Objection | undefined {
  const schemas = declaredSchemas(repository);
  const isTaken = (name: string) => repository.modules.includes(name) || schemas.has(schemaOf(name));
  if (repository.modules.includes(kebab))
    return {
      reason: `There is a module "${kebab}" already.`,
      instead: freeName(kebab, isTaken),
      or: `, or add to it: "npx seamline new use-case ${kebab}.NAME"`,
    };
  const meaning = kebab.startsWith('pg-') ? 'PostgreSQL keeps schemas that begin so to itself' : SPOKEN_FOR.get(kebab);
  if (meaning !== undefined) {
    const ours = kebabOf(`our-${kebab.replace(/^pg-/, '')}`) as string;
    return { reason: `A module cannot be called "${kebab}": ${meaning}.`, instead: acceptable(repository, ours) };
  }
  const schema = schemaOf(kebab);
  const holder = schemas.get(schema);
  if (holder === undefined) return undefined;
  return {
    reason: `The module "${kebab}" would keep its tables in the schema "${schema}", which is that of ${holder}.`,
    instead: freeName(kebab, isTaken),
  };
}

const acceptable = (repository: Repository, kebab: string): string => objectionTo(repository, kebab)?.instead ?? kebab;

function onTheMap(repository: Repository, { kebab, pascal }: Name): Change {
  const module = `${pascal}Module`;
  return sourceChange(repository, MAP, (text) =>
    withImports(withListed(text, 'imports', module), { name: module, from: `#modules/${kebab}/${kebab}.module` }),
  );
}

function nextSteps({ module, route }: Vocabulary): string[] {
  const folder = `src/modules/${module.kebab}`;
  return [
    `Read ${folder}/README.md, and write down what the module is for.`,
    `Run its specs: npm test -- ${folder}`,
    `Try it: POST and GET /${route} on http://localhost:3000/docs, after "npm start".`,
  ];
}

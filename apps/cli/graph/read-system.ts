import { existsSync, readFileSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { z } from 'zod';
import { parseTopology, type Topology, TopologyError } from '#kernel/topology/topology';
import { topologyIn, UnreadableTopology } from '#kernel/topology/topology-text';
import { moduleFolders } from '../system/module-files.js';
import { readContracts } from '../system/read-contracts.js';
import { readHandlers } from '../system/read-handlers.js';
import { UserError } from '../user-error.js';
import { purposeIn } from './purpose.js';
import { type Sources, type System, systemOf } from './system.js';

export interface Reading {
  /** Another topology than the root's own topology.json. */
  readonly topology?: string | undefined;
  /** Hears, in a line each, what could not be read and is not drawn for that. */
  readonly say: (line: string) => void;
}

/**
 * The system below `root`, read without booting it and without a database; where a part cannot be read, all the rest.
 * @throws UserError when there is no system to read
 */
export async function readSystem(root: string, { topology, say }: Reading): Promise<System> {
  mustHoldModules(root);
  const { contracts, unreadable } = await readContracts(root);
  for (const { file, reason } of unreadable)
    say(`${file} could not be loaded, so its messages are not drawn: ${reason}`);
  return systemOf({
    name: nameOf(root),
    modules: moduleFolders(root).map((folder) => readModule(root, folder, say)),
    topology: topology === undefined ? ownTopology(root, say) : readTopology(topology),
    contracts,
    handlers: readHandlers(root),
  });
}

function mustHoldModules(root: string): void {
  if (!statSync(root, { throwIfNoEntry: false })?.isDirectory())
    throw new UserError(`There is no folder ${root}.`, 'Give --root the folder that holds src/modules.');
  if (!existsSync(join(root, 'src/modules')))
    throw new UserError(`There is no src/modules in ${root}.`, 'Give --root the folder that holds it.');
}

/** A package's name is the same wherever it is checked out. */
function nameOf(root: string): string {
  return Package.parse(parse(textOf(join(root, 'package.json')))).name ?? basename(root);
}

const Package = z.object({ name: z.string().optional().catch(undefined) }).catch({});

/** As much as can be told of a declaration that is not as it should be. */
const Declaration = z
  .object({ schema: z.string().optional().catch(undefined), dependsOn: z.array(z.string()).catch([]) })
  .catch({ dependsOn: [] });

function readModule(root: string, folder: string, say: Reading['say']): Sources['modules'][number] {
  const place = `src/modules/${folder}`;
  const declared = parse(textOf(join(root, place, 'module.json')));
  if (declared === undefined) say(`${place}/module.json cannot be read, so ${folder} is drawn by its name alone.`);
  const { schema, dependsOn } = Declaration.parse(declared);
  return { name: folder, schema, dependsOn, purpose: purposeIn(textOf(join(root, place, 'README.md'))) };
}

function ownTopology(root: string, say: Reading['say']): Topology | undefined {
  const file = join(root, 'topology.json');
  if (!existsSync(file)) return undefined;
  try {
    return readTopology(file);
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    say(`${error.message} No apps are drawn.`);
    return undefined;
  }
}

function readTopology(file: string): Topology {
  const text = textOf(file);
  if (text === '') throw new UserError(`There is no topology in ${file}.`, 'Give --topology a file that holds one.');
  try {
    return parseTopology(topologyIn(text));
  } catch (error) {
    if (error instanceof UnreadableTopology)
      throw new UserError(`${file} ${error.message}.`, 'Correct it, or name another file.');
    if (!(error instanceof TopologyError)) throw error;
    throw new UserError(`${file}: ${error.message}`, error.mend);
  }
}

function textOf(file: string): string {
  return statSync(file, { throwIfNoEntry: false })?.isFile() ? readFileSync(file, 'utf8') : '';
}

/** Undefined for what is no JSON. */
function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

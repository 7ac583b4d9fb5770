import { readFileSync } from 'node:fs';
import { urlSetting } from '#kernel/persistence/provisioning/plan';
import type { Violation } from '../wall.js';
import { judged, type Owner } from './judge.js';
import { filesOf, isTest, modulesBelow, type SchemaOwner } from './modules.js';
import type { Mention } from './sql/mentions.js';
import { loadGrammar } from './sql/parser.js';
import { readSql } from './sql/read-sql.js';
import { contentOf } from './text.js';
import { type Fold, folder } from './typescript/fold.js';
import { readTypescript } from './typescript/read-typescript.js';
import { type Sources, sourcesBelow } from './typescript/sources.js';

/** What is wrong about the SQL of all modules below a root: in their sources and migrations, by reading them; perhaps twice. */
export async function violationsInSources(root: string): Promise<Violation[]> {
  await loadGrammar();
  const modules = modulesBelow(root);
  const sources = sourcesBelow(root);
  const fold = folder(sources);
  return modules.flatMap((module) =>
    filesOf(root, module).flatMap((file) =>
      judged(mentionsInFile(file, sources, fold), ownerOf(module, modules, isTest(sources.pathOf(file)))),
    ),
  );
}

/** What a file says to a database. */
export function mentionsInFile(file: string, sources: Sources, fold: Fold): Mention[] {
  const path = sources.pathOf(file);
  const content = readFileSync(file, 'utf8');
  if (file.endsWith('.sql')) return readSql(contentOf(path, content), 'run');
  if (!MAY_HOLD_SQL.test(content)) return [];
  const source = sources.parsed(file);
  return source ? readTypescript(source, path, fold) : [];
}

/** To parse a file takes long; most have none of these words. */
const MAY_HOLD_SQL = new RegExp(
  [
    String.raw`\b(select|insert\s+into|update|delete\s+from|merge|create|alter|drop|truncate|grant|revoke|copy|lock|refresh|reindex|reassign|dblink|nextval|setval|regclass|security)\b`,
    String.raw`\b(from|join|into|using|references|table)\s+["\w]+\s*\.`,
    String.raw`\b(sql|raw|addSql|query|execute)\b\s*[(<${'`'}]`,
    String.raw`set_config|search_path|session_authorization|DATABASE_URL|\b(set|reset)\s+(local\s+|session\s+)?(role|session)`,
    String.raw`selectFrom|insertInto|updateTable|deleteFrom|(with|pg)Schema|(table|schema)Name|schema\s*:|Entity|[kK]nex|inTable|pivotTable|manyToMany|(create|alter|drop)(Table|View|Schema|Extension)|(From|Join|Into|\.from|\.into|\.table)\(`,
  ].join('|'),
  'i',
);

/** A module as the judge sees it. */
export function ownerOf({ module, schema }: SchemaOwner, modules: readonly SchemaOwner[], inTest: boolean): Owner {
  const others = modules.filter((other) => other.module !== module);
  const bySchema = new Map(others.map((other) => [other.schema, other.module]));
  return {
    module,
    schema,
    isTest: inTest,
    addresses: new Set(['DATABASE_URL', ...others.map((other) => urlSetting(other.module))]),
    ownerOf: (name) => bySchema.get(name),
  };
}

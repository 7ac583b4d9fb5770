import { readFileSync } from 'node:fs';
import { urlSetting } from '#kernel/persistence/provisioning/plan';
import type { Violation } from '../wall.js';
import { judged, type System } from './judge.js';
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
  const system = systemOf(modules);
  const sources = sourcesBelow(root);
  const fold = folder(sources);
  return modules.flatMap((owner) => {
    const address = urlSetting(owner.module);
    return filesOf(root, owner).flatMap((file) => {
      const inTest = isTest(sources.pathOf(file));
      const content = readFileSync(file, 'utf8');
      if (inTest && !namesAnother(content, owner, system)) return [];
      return judged(mentionsIn(file, content, sources, fold), { ...owner, address, isTest: inTest, system });
    });
  });
}

/** What a file says to a database. */
function mentionsIn(file: string, content: string, sources: Sources, fold: Fold): Mention[] {
  const path = sources.pathOf(file);
  if (file.endsWith('.sql')) return readSql(contentOf(path, content), 'run');
  if (!MAY_HOLD_SQL.test(content)) return [];
  const source = sources.parsed(file);
  return source ? readTypescript(source, sources, fold) : [];
}

/** To parse a file takes long; most have none of these words. */
const MAY_HOLD_SQL = new RegExp(
  [
    String.raw`\b(select|insert\s+into|update|delete\s+from|merge|create|alter|drop|truncate|grant|revoke|copy|lock|refresh|reindex|reassign|dblink|nextval|setval|regclass|security)\b`,
    String.raw`\b(from|join|into|using|references|table|vacuum|analy[sz]e|cluster|perform)\s+["\w]+\s*\.`,
    String.raw`\bcall\s+["\w]+\s*[.(]|\bdo\s+(language\b|\$|')|\bcomment\s+on\b|\b(explain|values)\s*\(`,
    String.raw`\b(sql|raw|addSql|query|execute)\b\s*[(<${'`'}]`,
    String.raw`set_config|search_path|session_authorization|DATABASE_URL|\b(set|reset)\s+(local\s+|session\s+)?(role|session)`,
    String.raw`selectFrom|insertInto|updateTable|deleteFrom|(with|pg)Schema|(table|schema)Name|schema\s*[:}]|searchPath|Entity|[kK]nex|inTable|pivotTable|manyToMany|(create|alter|drop)(Table|View|Schema|Extension)|(From|Join|Into|\.from|\.into|\.table)\(`,
  ].join('|'),
  'i',
);

function systemOf(modules: readonly SchemaOwner[]): System {
  return {
    bySchema: new Map(modules.map(({ module, schema }) => [schema, module])),
    addresses: new Set(['DATABASE_URL', ...modules.map(({ module }) => urlSetting(module))]),
  };
}

/** Tests are asked only for schemas of other modules; without such a word there is nothing to read. */
function namesAnother(content: string, { schema }: SchemaOwner, { bySchema }: System): boolean {
  for (const [, before, quoted] of content.matchAll(/\b(\w+)"?\s*\.|['"`](\w+)['"`]/g)) {
    const word = (before ?? quoted ?? '').toLowerCase();
    if (word !== schema && bySchema.has(word)) return true;
  }
  return false;
}

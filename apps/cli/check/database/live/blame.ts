import { readFileSync } from 'node:fs';
import { relative, sep } from 'node:path';
import type { Violation } from '../../wall.js';
import { filesOf, isTest, type SchemaOwner } from '../modules.js';
import type { Answer } from './questions.js';

/** Violations of what a catalog said, each with the migration that made the object, where one can be told. */
export function blamed(root: string, modules: readonly SchemaOwner[], answers: readonly Answer[]): Violation[] {
  const contents = new Map<string, readonly MigrationFile[]>();
  const filesIn = (module: SchemaOwner): readonly MigrationFile[] => {
    const known = contents.get(module.module) ?? migrationsOf(root, module);
    contents.set(module.module, known);
    return known;
  };
  /** In its own migrations; and in those of others, where they name the schema. */
  const madeBy = (owner: SchemaOwner, object: string) => {
    const elsewhere = () => modules.flatMap((other) => (other === owner ? [] : filesIn(other)));
    return madeAt(filesIn(owner), object) ?? madeAt(elsewhere(), object, owner.schema);
  };
  return answers.map(({ rule, module, object, what, subject }) => {
    const owner = modules.find((each) => each.module === module);
    const made = owner && object !== null ? madeBy(owner, object) : undefined;
    return {
      rule,
      ...(made ?? { file: owner ? `src/modules/${owner.module}/module.json` : 'src/modules' }),
      what,
      subject,
    };
  });
}

interface MigrationFile {
  readonly path: string;
  readonly lines: readonly string[];
}

function migrationsOf(root: string, module: SchemaOwner): MigrationFile[] {
  return filesOf(root, module)
    .map((file) => ({ file, path: relative(root, file).split(sep).join('/') }))
    .filter(({ path }) => /migration|\.sql$/.test(path) && !isTest(path))
    .map(({ file, path }) => ({ path, lines: readFileSync(file, 'utf8').split('\n') }));
}

const KINDS =
  'table|view|materialized\\s+view|function|procedure|sequence|type|domain|trigger|rule|policy|index|aggregate|operator';

/** The last place that makes something of that name: what stands now is what was made last. */
function madeAt(
  files: readonly MigrationFile[],
  object: string,
  schema?: string,
): { file: string; line: number } | undefined {
  const qualifier = schema === undefined ? '("?\\w+"?\\.)?' : `"?${schema}"?\\.`;
  const name = object.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  const making = new RegExp(
    `\\bcreate\\s+[\\w\\s]*?\\b(${KINDS})\\s+(if\\s+not\\s+exists\\s+)?${qualifier}"?${name}"?(?!\\w)`,
    'i',
  );
  return files
    .flatMap(({ path, lines }) =>
      lines.flatMap((line, index) => (making.test(line) ? [{ file: path, line: index + 1 }] : [])),
    )
    .at(-1);
}

import ts from 'typescript';
import { UserError } from '../../user-error.js';
import type { Repository } from '../repository.js';
import type { Heard } from '../templates/vocabulary.js';
import { parse } from './parsed.js';

/** Which module has which schema, as the modules declare it. */
export function declaredSchemas(repository: Repository): Map<string, string> {
  return new Map(
    repository.modules.flatMap((module) => {
      const schema = schemaIn(repository, `src/modules/${module}/module.json`);
      return schema === undefined ? [] : [[schema, module] as const];
    }),
  );
}

/** The first event that a module publishes, by the name of its file. @throws UserError when it publishes none */
export function firstEventOf(repository: Repository, module: string): Heard {
  const [first] = declaredIn(repository, module).filter(({ define }) => define === 'defineEvent');
  if (first) return { module, file: first.file, exportName: first.exportName };
  throw new UserError(
    `${module} publishes no event that the new module could subscribe to, and a dependency that nothing uses is refused.`,
    `Leave "${module}" out of --depends-on; write it into "dependsOn" of module.json with the first import of its contract.`,
  );
}

/** The messages that a module's contract declares, by their full names. */
export function messagesOf(repository: Repository, module: string): string[] {
  return declaredIn(repository, module).map(({ name }) => name);
}

interface Declared {
  /** Without its ending. */
  readonly file: string;
  readonly exportName: string;
  readonly define: string;
  readonly name: string;
}

const DEFINES = /^define(?:Event|Command|Query)$/;

function declaredIn(repository: Repository, module: string): Declared[] {
  const folder = `src/modules/${module}/contract`;
  const files = repository.filesIn(folder).filter((file) => file.endsWith('.ts') && !file.endsWith('.spec.ts'));
  return files.flatMap((file) => {
    const statements = parse(repository.read(`${folder}/${file}`)).statements.filter(ts.isVariableStatement);
    const declarations = statements.flatMap(({ declarationList }) => [...declarationList.declarations]);
    return declarations.flatMap((declaration) => declaredBy(file.replace(/\.ts$/, ''), declaration));
  });
}

function declaredBy(file: string, { name, initializer }: ts.VariableDeclaration): Declared[] {
  if (!initializer || !ts.isCallExpression(initializer) || !ts.isIdentifier(name)) return [];
  const define = initializer.expression.getText();
  const [first] = initializer.arguments;
  if (!DEFINES.test(define) || !first || !ts.isStringLiteralLike(first)) return [];
  return [{ file, exportName: name.text, define, name: first.text }];
}

function schemaIn(repository: Repository, path: string): string | undefined {
  if (!repository.has(path)) return undefined;
  try {
    return JSON.parse(repository.read(path)).schema;
  } catch {
    return undefined;
  }
}

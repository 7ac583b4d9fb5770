import ts from 'typescript';
import { moduleOf } from '../../system/module-files.js';
import type { Origins } from '../../system/origins.js';
import type { Broken } from './rules.js';

const MAP = 'apps/monolith/monolith.module.ts';

/** Modules that the import list of the monolith leaves out. */
export function mapViolations(origins: Origins, modules: readonly string[]): Broken[] {
  const source = origins.parse(MAP);
  const missing = (module: string, what: string, line?: number): Broken => {
    return { rule: 'module-is-on-the-map', file: MAP, line, what, subject: module };
  };
  if (source === undefined)
    return modules.length === 0 ? [] : [missing('', `is missing, so no app holds ${modules.join(', ')}`)];
  const lists = importLists(source);
  const listed = new Set(lists.flatMap((list) => modulesIn(list, MAP, origins)));
  const [list = source] = lists;
  const line = source.getLineAndCharacterOfPosition(list.getStart(source)).line + 1;
  return modules
    .filter((module) => !listed.has(module))
    .map((module) => missing(module, `does not list the module ${module}`, line));
}

/** What the `imports` of every @Module in the file say. */
function importLists(source: ts.SourceFile): ts.Expression[] {
  const lists: ts.Expression[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isDecorator(node) && ts.isCallExpression(node.expression)) {
      const [options] = node.expression.arguments;
      if (options && ts.isObjectLiteralExpression(options))
        for (const property of options.properties)
          if (ts.isPropertyAssignment(property) && property.name.getText(source) === 'imports')
            lists.push(property.initializer);
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return lists;
}

/** The modules whose code the expression names, through constants too, of other files as well. */
function modulesIn(list: ts.Node, file: string, origins: Origins): string[] {
  const modules: string[] = [];
  const seen = new Set<string>();
  const visit = (node: ts.Node, within: string): void => {
    if (ts.isIdentifier(node)) {
      const origin = origins.of(within, node);
      const module = origin && moduleOf(origin.file);
      if (module !== undefined) modules.push(module);
      else if (origin !== undefined && !seen.has(`${origin.file} ${origin.local}`)) {
        seen.add(`${origin.file} ${origin.local}`);
        for (const each of initializersOf(origins.parse(origin.file), origin.local)) visit(each, origin.file);
      }
    }
    ts.forEachChild(node, (child) => visit(child, within));
  };
  visit(list, file);
  return modules;
}

function initializersOf(source: ts.SourceFile | undefined, name: string): ts.Expression[] {
  const declared = [...(source?.statements ?? [])]
    .filter(ts.isVariableStatement)
    .flatMap(({ declarationList }) => declarationList.declarations);
  return declared.flatMap(({ name: bound, initializer }) =>
    ts.isIdentifier(bound) && bound.text === name && initializer ? [initializer] : [],
  );
}

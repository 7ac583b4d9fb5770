import ts from 'typescript';
import { inserted, parse } from './parsed.js';

/** One name, and where it comes from: `{ name: 'CommandBus', from: '@nestjs/cqrs' }`. */
export interface Imported {
  readonly name: string;
  readonly from: string;
  /** Only its type is needed. */
  readonly type?: boolean;
}

/** The source with these names imported, each import in its place by the order that the formatter keeps. */
export function withImports(text: string, ...wanted: readonly Imported[]): string {
  return wanted.reduce(withImport, text);
}

function withImport(text: string, { name, from, type = false }: Imported): string {
  const imports = parse(text).statements.filter(ts.isImportDeclaration);
  const same = imports.find((each) => specifierOf(each) === from && namedOf(each) !== undefined);
  const named = same && namedOf(same);
  if (named) return withName(text, named, name, type);
  const line = `import ${type ? 'type ' : ''}{ ${name} } from '${from}';\n`;
  const next = imports.find((each) => comesBefore(from, specifierOf(each)));
  if (next) return inserted(text, next.getStart(), line);
  const last = imports.at(-1);
  return last ? inserted(text, last.end, `\n${line.trimEnd()}`) : line + text;
}

function withName(text: string, named: ts.NamedImports, name: string, type: boolean): string {
  if (named.elements.some((element) => element.name.text === name)) return text;
  const prefix = type && !(named.parent as ts.ImportClause).isTypeOnly ? 'type ' : '';
  const last = named.elements.at(-1);
  return last ? inserted(text, last.end, `, ${prefix}${name}`) : inserted(text, named.getStart() + 1, prefix + name);
}

function namedOf({ importClause, attributes }: ts.ImportDeclaration): ts.NamedImports | undefined {
  const bindings = importClause?.namedBindings;
  return bindings && ts.isNamedImports(bindings) && !attributes ? bindings : undefined;
}

function specifierOf({ moduleSpecifier }: ts.ImportDeclaration): string {
  return (moduleSpecifier as ts.StringLiteral).text;
}

/** Node's own first, then packages, then `#` imports, then what is nearer and nearer. */
function comesBefore(one: string, other: string): boolean {
  const distance = (from: string) => DISTANCES.findIndex((beginning) => beginning.test(from));
  const difference = distance(one) - distance(other);
  return difference === 0 ? one.localeCompare(other, 'en', { numeric: true }) < 0 : difference < 0;
}

const DISTANCES = [/^node:/, /^[^#.]/, /^#/, /^\.\./, /^\./];

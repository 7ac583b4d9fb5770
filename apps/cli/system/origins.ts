import { existsSync, readFileSync, statSync } from 'node:fs';
import { join, posix } from 'node:path';
import ts from 'typescript';

/** Where a name comes from: the file that declares it, below the root, and the name under which that exports it. */
export interface Origin {
  readonly file: string;
  /** `*` for all that the file exports. */
  readonly name: string;
  /** What it is called in that file. */
  readonly local: string;
}

const EVERYTHING = '*';

/**
 * Follows names through imports, re-exports and constants to where they are declared, in the sources below a root. It
 * reads single files and needs neither the packages nor the types: what it cannot follow has no origin.
 */
export class Origins {
  private readonly files = new Map<string, ts.SourceFile | undefined>();
  private readonly resolved = new Map<string, string | undefined>();
  private readonly aliases: readonly (readonly [prefix: string, folder: string, ending: string])[];

  constructor(private readonly root: string) {
    this.aliases = aliasesOf(root);
  }

  /** The parsed file; undefined where there is none. */
  parse(file: string): ts.SourceFile | undefined {
    if (!this.files.has(file)) {
      const path = join(this.root, file);
      const isFile = statSync(path, { throwIfNoEntry: false })?.isFile() === true;
      this.files.set(
        file,
        isFile ? ts.createSourceFile(file, readFileSync(path, 'utf8'), ts.ScriptTarget.Latest, true) : undefined,
      );
    }
    return this.files.get(file);
  }

  /** Which file an import leads to; undefined for a package. Of a kernel that is not there the place where it would be. */
  resolve(from: string, specifier: string): string | undefined {
    const base = this.baseOf(from, specifier);
    if (base === undefined) return undefined;
    if (!this.resolved.has(base)) this.resolved.set(base, this.fileOf(base));
    return this.resolved.get(base);
  }

  /** Where the value of an expression is declared: a name, or a property of one. */
  of(file: string, expression: ts.Expression): Origin | undefined {
    return this.follow(file, expression, new Set());
  }

  /** Where that is declared which a file exports under a name. */
  ofExport(file: string, name: string): Origin | undefined {
    return this.exported(file, name, new Set());
  }

  private follow(file: string, expression: ts.Expression, seen: Set<string>): Origin | undefined {
    const plain = unwrapped(expression);
    if (ts.isIdentifier(plain)) return this.local(file, plain.text, seen);
    if (ts.isPropertyAccessExpression(plain)) return this.property(file, plain.expression, plain.name.text, seen);
    if (ts.isElementAccessExpression(plain) && ts.isStringLiteralLike(plain.argumentExpression))
      return this.property(file, plain.expression, plain.argumentExpression.text, seen);
    const loaded = loadedBy(plain);
    return loaded === undefined ? undefined : this.everythingIn(file, loaded);
  }

  private everythingIn(from: string, specifier: string): Origin | undefined {
    const file = this.resolve(from, specifier);
    return file === undefined ? undefined : { file, name: EVERYTHING, local: EVERYTHING };
  }

  private property(file: string, object: ts.Expression, name: string, seen: Set<string>): Origin | undefined {
    const origin = this.follow(file, object, seen);
    if (origin === undefined) return undefined;
    if (origin.name === EVERYTHING) return this.exported(origin.file, name, seen);
    const declared = this.declaredIn(origin.file, origin.local);
    const literal = declared?.initializer && unwrapped(declared.initializer);
    if (literal === undefined || !ts.isObjectLiteralExpression(literal)) return undefined;
    for (const property of literal.properties) {
      if (property.name === undefined || nameOf(property.name) !== name) continue;
      if (ts.isShorthandPropertyAssignment(property)) return this.local(origin.file, name, seen);
      if (ts.isPropertyAssignment(property)) return this.follow(origin.file, property.initializer, seen);
    }
    return undefined;
  }

  /** A name as the text of the file uses it. */
  private local(file: string, name: string, seen: Set<string>): Origin | undefined {
    const step = `${file} ${name}`;
    if (seen.has(step)) return undefined;
    seen.add(step);
    const source = this.parse(file);
    if (source === undefined) return undefined;
    for (const statement of source.statements) {
      const imported = this.imported(file, statement, name, seen);
      if (imported !== undefined) return imported;
    }
    const declared = this.declaredIn(file, name);
    if (declared === undefined) return undefined;
    return this.beyond(file, declared, seen) ?? { file, name: exportedAs(source, name), local: name };
  }

  private imported(file: string, statement: ts.Statement, name: string, seen: Set<string>): Origin | undefined {
    if (ts.isImportEqualsDeclaration(statement) && statement.name.text === name) {
      const { moduleReference } = statement;
      if (!ts.isExternalModuleReference(moduleReference)) return undefined;
      const specifier = moduleReference.expression;
      return ts.isStringLiteralLike(specifier) ? this.everythingIn(file, specifier.text) : undefined;
    }
    if (!ts.isImportDeclaration(statement) || !ts.isStringLiteralLike(statement.moduleSpecifier)) return undefined;
    const { importClause } = statement;
    const specifier = statement.moduleSpecifier.text;
    if (importClause?.name?.text === name) return this.from(file, specifier, 'default', seen);
    const bindings = importClause?.namedBindings;
    if (bindings === undefined) return undefined;
    if (ts.isNamespaceImport(bindings))
      return bindings.name.text === name ? this.everythingIn(file, specifier) : undefined;
    const element = bindings.elements.find((each) => each.name.text === name);
    return element && this.from(file, specifier, (element.propertyName ?? element.name).text, seen);
  }

  private from(file: string, specifier: string, name: string, seen: Set<string>): Origin | undefined {
    const target = this.resolve(file, specifier);
    if (target === undefined) return undefined;
    return this.exported(target, name, seen) ?? { file: target, name, local: name };
  }

  /** What a file exports under a name; a file that is not there is taken at its word. */
  private exported(file: string, name: string, seen: Set<string>): Origin | undefined {
    const source = this.parse(file);
    if (source === undefined) return { file, name, local: name };
    const step = `${file} exports ${name}`;
    if (seen.has(step)) return undefined;
    seen.add(step);
    const stars: string[] = [];
    for (const statement of source.statements) {
      if (ts.isExportAssignment(statement) && name === 'default') {
        return this.follow(file, statement.expression, seen) ?? { file, name, local: name };
      }
      if (ts.isExportDeclaration(statement)) {
        const specifier =
          statement.moduleSpecifier && ts.isStringLiteralLike(statement.moduleSpecifier)
            ? statement.moduleSpecifier.text
            : undefined;
        const { exportClause } = statement;
        if (exportClause === undefined) {
          if (specifier !== undefined) stars.push(specifier);
        } else if (ts.isNamespaceExport(exportClause)) {
          if (exportClause.name.text === name && specifier !== undefined) return this.everythingIn(file, specifier);
        } else {
          const element = exportClause.elements.find((each) => each.name.text === name);
          if (element === undefined) continue;
          const original = (element.propertyName ?? element.name).text;
          if (specifier !== undefined) return this.from(file, specifier, original, seen);
          const origin = this.local(file, original, seen);
          return origin?.file === file ? { ...origin, name } : origin;
        }
      } else if (isExported(statement)) {
        if (name === 'default' && isDefault(statement)) return { file, name, local: ownName(statement) ?? name };
        if (declares(statement, name)) return this.local(file, name, seen);
      }
    }
    for (const specifier of stars) {
      const target = this.resolve(file, specifier);
      const origin = target === undefined ? undefined : this.exported(target, name, seen);
      if (origin !== undefined) return origin;
    }
    return undefined;
  }

  /** A constant that is only another name for something. */
  private beyond(file: string, declared: Declared, seen: Set<string>): Origin | undefined {
    if (declared.initializer === undefined) return undefined;
    if (declared.property === undefined) return this.follow(file, declared.initializer, seen);
    return this.property(file, declared.initializer, declared.property, seen);
  }

  private declaredIn(file: string, name: string): Declared | undefined {
    const source = this.parse(file);
    for (const statement of source?.statements ?? []) {
      const found = declarationIn(statement, name);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  private baseOf(from: string, specifier: string): string | undefined {
    if (specifier.startsWith('.')) return posix.join(posix.dirname(from), specifier);
    for (const [prefix, folder, ending] of this.aliases)
      if (specifier.startsWith(prefix)) return `${folder}${specifier.slice(prefix.length)}${ending}`;
    return undefined;
  }

  private fileOf(base: string): string | undefined {
    const bare = base.replace(/\.[cm]?[jt]sx?$/, '');
    const candidates = [
      base,
      `${bare}.ts`,
      `${bare}.mts`,
      `${bare}.cts`,
      `${bare}.tsx`,
      `${base}.ts`,
      `${bare}/index.ts`,
    ];
    const there = candidates.find((each) => statSync(join(this.root, each), { throwIfNoEntry: false })?.isFile());
    if (there !== undefined) return there;
    return base.startsWith('src/shared-kernel/') ? `${bare}.ts` : undefined;
  }
}

/** What of a class, function or constant is said where it is declared. */
interface Declared {
  readonly initializer: ts.Expression | undefined;
  /** Which property of the initializer, where it was taken apart. */
  readonly property?: string | undefined;
}

/** The `#` imports of package.json that lead to sources; those of the layout where it has none. */
function aliasesOf(root: string): [string, string, string][] {
  const layout: [string, string, string][] = [
    ['#kernel/', 'src/shared-kernel/', '.ts'],
    ['#modules/', 'src/modules/', '.ts'],
  ];
  const file = join(root, 'package.json');
  if (!existsSync(file)) return layout;
  try {
    const { imports = {} } = JSON.parse(readFileSync(file, 'utf8')) as { imports?: Record<string, unknown> };
    const own = Object.entries(imports).flatMap(([alias, target]): [string, string, string][] => {
      const path = typeof target === 'string' ? target : (target as Record<string, unknown> | null)?.['seamline-src'];
      if (typeof path !== 'string' || !alias.endsWith('*') || !path.includes('*')) return [];
      const [folder = '', ending = ''] = path.replace(/^\.\//, '').split('*');
      return [[alias.slice(0, -1), folder, ending]];
    });
    return [...own, ...layout];
  } catch {
    return layout;
  }
}

/** Without parentheses, casts, `satisfies`, `!` and `await`. */
export function unwrapped(expression: ts.Expression): ts.Expression {
  const outer =
    ts.isParenthesizedExpression(expression) ||
    ts.isAsExpression(expression) ||
    ts.isSatisfiesExpression(expression) ||
    ts.isNonNullExpression(expression) ||
    ts.isAwaitExpression(expression);
  return outer ? unwrapped(expression.expression) : expression;
}

/** What `import('…')` or `require('…')` loads. */
function loadedBy(expression: ts.Expression): string | undefined {
  if (!ts.isCallExpression(expression)) return undefined;
  const { expression: callee, arguments: given } = expression;
  const loads = callee.kind === ts.SyntaxKind.ImportKeyword || (ts.isIdentifier(callee) && callee.text === 'require');
  const [specifier] = given;
  return loads && specifier !== undefined && ts.isStringLiteralLike(specifier) ? specifier.text : undefined;
}

function declarationIn(statement: ts.Statement, name: string): Declared | undefined {
  if (ts.isClassDeclaration(statement) || ts.isFunctionDeclaration(statement))
    return statement.name?.text === name ? { initializer: undefined } : undefined;
  if (!ts.isVariableStatement(statement)) return undefined;
  for (const { name: bound, initializer } of statement.declarationList.declarations) {
    if (ts.isIdentifier(bound)) {
      if (bound.text === name) return { initializer };
    } else if (ts.isObjectBindingPattern(bound)) {
      const element = bound.elements.find((each) => ts.isIdentifier(each.name) && each.name.text === name);
      if (element) return { initializer, property: nameOf(element.propertyName ?? element.name) };
    }
  }
  return undefined;
}

function declares(statement: ts.Statement, name: string): boolean {
  return declarationIn(statement, name) !== undefined;
}

function exportedAs(source: ts.SourceFile, local: string): string {
  for (const statement of source.statements) {
    if (isExported(statement) && declares(statement, local)) return isDefault(statement) ? 'default' : local;
    if (!ts.isExportDeclaration(statement) || statement.moduleSpecifier || !statement.exportClause) continue;
    if (!ts.isNamedExports(statement.exportClause)) continue;
    const element = statement.exportClause.elements.find((each) => (each.propertyName ?? each.name).text === local);
    if (element) return element.name.text;
  }
  return local;
}

function ownName(statement: ts.Statement): string | undefined {
  const isNamed = ts.isClassDeclaration(statement) || ts.isFunctionDeclaration(statement);
  return isNamed ? statement.name?.text : undefined;
}

function nameOf(name: ts.Node): string | undefined {
  return ts.isIdentifier(name) || ts.isStringLiteralLike(name) ? name.text : undefined;
}

function isExported(statement: ts.Statement): boolean {
  return hasModifier(statement, ts.SyntaxKind.ExportKeyword);
}

function isDefault(statement: ts.Statement): boolean {
  return hasModifier(statement, ts.SyntaxKind.DefaultKeyword);
}

function hasModifier(statement: ts.Statement, kind: ts.SyntaxKind): boolean {
  return ts.canHaveModifiers(statement) && (ts.getModifiers(statement) ?? []).some((each) => each.kind === kind);
}

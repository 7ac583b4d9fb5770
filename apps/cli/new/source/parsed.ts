import ts from 'typescript';

/** Text as the TypeScript compiler sees it, with the parents of every node. */
export function parse(text: string): ts.SourceFile {
  return ts.createSourceFile('file.ts', text, ts.ScriptTarget.Latest, true);
}

/** The source has not the shape that an edit needs. `missing` says what was looked for in vain. */
export class UnexpectedShape extends Error {
  constructor(readonly missing: string) {
    super(missing);
  }
}

/** The only class of a file. @throws UnexpectedShape when there is none, or several */
export function onlyClass(source: ts.SourceFile): ts.ClassDeclaration {
  const [only, ...others] = source.statements.filter(ts.isClassDeclaration);
  if (!only || others.length > 0) throw new UnexpectedShape('exactly one class');
  return only;
}

/** What is given to a decorator of a class, as the object of `@Module({ … })`. @throws UnexpectedShape */
export function decoratedWith(source: ts.SourceFile, decorator: string): ts.ObjectLiteralExpression {
  for (const node of source.statements.filter(ts.isClassDeclaration)) {
    for (const { expression } of ts.getDecorators(node) ?? []) {
      if (!ts.isCallExpression(expression) || expression.expression.getText() !== decorator) continue;
      const [given] = expression.arguments;
      if (given && ts.isObjectLiteralExpression(given)) return given;
    }
  }
  throw new UnexpectedShape(`a class with @${decorator}({ … })`);
}

/** The value of a property; undefined where it is not named. */
export function propertyOf(object: ts.ObjectLiteralExpression, name: string): ts.Expression | undefined {
  const found = object.properties.find((property) => property.name?.getText() === name);
  if (found === undefined) return undefined;
  if (ts.isPropertyAssignment(found)) return found.initializer;
  throw new UnexpectedShape(`"${name}: …" written out`);
}

/** `text` with another text put in at a position. */
export function inserted(text: string, at: number, addition: string): string {
  return text.slice(0, at) + addition + text.slice(at);
}

/** The same behind the last of several things that commas part: on a line of its own where that one has such a line. */
export function appended(text: string, last: ts.Node, addition: string): string {
  const [, indentation] = /\n([ \t]*)$/.exec(text.slice(0, last.getStart())) ?? [];
  return inserted(text, last.end, indentation === undefined ? `, ${addition}` : `,\n${indentation}${addition}`);
}

import ts from 'typescript';
import { withoutWrapping } from './fold.js';
import { isMember, type Names, propertyOf } from './names.js';

const MACHINES = ['node:vm', 'vm'];
/** What runs a text there. */
const RUNNING = [
  'runInThisContext',
  'runInNewContext',
  'runInContext',
  'compileFunction',
  'Script',
  'SourceTextModule',
];

/** Whether a call runs a text, or makes something of it that can be run: what it imports nobody can tell. */
export function runsText(call: ts.CallExpression | ts.NewExpression, callee: ts.Expression, names: Names): boolean {
  const isOfMachine = RUNNING.some((each) => names.isFrom(callee, MACHINES, each));
  if (isOfMachine || names.isGlobal(callee, 'eval') || isMaker(callee, names)) return true;
  if (!isMember(callee)) return false;
  const { expression: of } = callee;
  const [first] = call.arguments ?? [];
  switch (propertyOf(callee)) {
    case '_compile':
      return names.isModule(of);
    case 'constructor':
      // Only what makes functions can be called; one that makes another object of its kind is given to `new`.
      return ts.isCallExpression(call) && of.kind !== ts.SyntaxKind.SuperKeyword && first !== undefined;
    case 'construct':
      return isMakerByReflection(of, first, names);
    case 'apply':
      return isMaker(of, names) || isMakerByReflection(of, first, names);
    case 'call':
    case 'bind':
      return isMaker(of, names);
    default:
      return false;
  }
}

function isMakerByReflection(of: ts.Expression, first: ts.Expression | undefined, names: Names): boolean {
  return first !== undefined && names.isGlobal(of, 'Reflect') && isMaker(first, names);
}

/** `Function`, `(() => {}).constructor`, `x.constructor.constructor`, `Object.getPrototypeOf(async () => {}).constructor` */
function isMaker(expression: ts.Expression, names: Names): boolean {
  if (names.isGlobal(expression, 'Function')) return true;
  const inner = constantOf(expression, names);
  if (!isMember(inner) || propertyOf(inner) !== 'constructor') return false;
  const of = constantOf(inner.expression, names);
  const shown = ts.isCallExpression(of) && propertyOf(of.expression) === 'getPrototypeOf' ? of.arguments[0] : of;
  const made = shown && constantOf(shown, names);
  return (
    made !== undefined &&
    (ts.isArrowFunction(made) || ts.isFunctionExpression(made) || propertyOf(made) === 'constructor')
  );
}

/** What a constant holds, or the expression itself. */
function constantOf(expression: ts.Expression, { constants }: Names): ts.Expression {
  const inner = withoutWrapping(expression);
  const made = ts.isIdentifier(inner) ? constants.get(inner.text) : undefined;
  return made === undefined ? inner : withoutWrapping(made);
}

import ts from 'typescript';
import { textsOf, withoutWrapping } from './fold.js';
import type { Names } from './names.js';
import { isCode } from './source-tree.js';

export const PROCESSES = ['node:child_process', 'child_process'];

/** Given a program and a list of words for it. */
const STARTING = ['spawn', 'spawnSync', 'execFile', 'execFileSync'];
/** Given a command in one text. */
const OF_SHELL = ['exec', 'execSync'];

/** Programs that run the file they are given. */
const RUNTIME = /(?:^|\/)(?:node|bun|deno|tsx|ts-node)$/;
/** Options whose word is run itself. */
const RUNS_ITS_WORD = /^(?:-[ep]{1,2}|--eval|--print)\b/;

/** What a call that starts a runtime of JavaScript has it run. */
export interface Started {
  readonly files: readonly { readonly node: ts.Node; readonly path: string }[];
  /** It runs a text, or a file that nobody can tell. */
  readonly isUnreadable: boolean;
}

/**
 * Undefined for a call that starts none.
 * @param isSeen whether an expression leads to a file that is read by itself
 */
export function startedBy(
  call: ts.CallExpression | ts.NewExpression,
  names: Names,
  isSeen: (expression: ts.Expression) => boolean,
): Started | undefined {
  const words = wordsForRuntime(call, names);
  if (words === undefined) return undefined;
  const files = words.flatMap(({ node, texts = [] }) =>
    texts
      .map(pathIn)
      .filter(isCode)
      .map((path) => ({ node, path })),
  );
  // What stands behind the first file is for that one.
  const first = words.findIndex(({ node, texts }) => texts?.some((text) => isCode(pathIn(text))) ?? isSeen(node));
  const before = first < 0 ? words : words.slice(0, first);
  const isUnreadable = before.some(({ texts }) => texts?.some((text) => RUNS_ITS_WORD.test(text)) ?? true);
  return { files, isUnreadable };
}

/** The path of `./hook.js` and of `--import=./hook.js`. */
const pathIn = (word: string): string => word.replace(/^--[\w-]+=/, '');

interface Word {
  readonly node: ts.Expression;
  /** What it can be; undefined when that can be anything. */
  readonly texts: readonly string[] | undefined;
}

function wordsForRuntime(
  { expression, arguments: given }: ts.CallExpression | ts.NewExpression,
  names: Names,
): Word[] | undefined {
  const isOneOf = (functions: readonly string[]) => functions.some((each) => names.isFrom(expression, PROCESSES, each));
  const [program, list] = given ?? [];
  if (program === undefined || !isOneOf([...STARTING, ...OF_SHELL])) return undefined;
  const texts = textsOf(program, names.constants);
  if (isOneOf(OF_SHELL)) {
    const commands = texts?.map((text) => text.trim().split(/\s+/)).filter(([first = '']) => RUNTIME.test(first));
    return commands?.flatMap(([, ...words]) => words.map((word) => ({ node: program, texts: [word] })));
  }
  const isRuntime = names.isCalled(program, 'execPath') || texts?.some((text) => RUNTIME.test(text));
  return isRuntime ? wordsIn(list, names) : undefined;
}

function wordsIn(given: ts.Expression | undefined, names: Names, depth = 0): Word[] {
  if (given === undefined || depth > 10 || names.isCalled(given, 'execArgv')) return [];
  const inner = withoutWrapping(given);
  const list = ts.isIdentifier(inner) ? (names.constants.get(inner.text) ?? inner) : inner;
  if (ts.isObjectLiteralExpression(list)) return [];
  if (!ts.isArrayLiteralExpression(list)) return [{ node: list, texts: undefined }];
  return list.elements.flatMap((element) =>
    ts.isSpreadElement(element)
      ? wordsIn(element.expression, names, depth + 1)
      : [{ node: element, texts: textsOf(element, names.constants) }],
  );
}

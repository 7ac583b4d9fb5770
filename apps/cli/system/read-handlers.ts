import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { moduleFolders, moduleOf, sourcesOf } from './module-files.js';
import { type Origin, Origins, unwrapped } from './origins.js';

/** What a place in a module does with a message: takes it (the first four) or sends it. */
export type HandlerKind = 'subscribe' | 'handle' | 'answer' | 'saga' | 'ask' | 'send';

/** A place in a module's sources that takes or sends a message. */
export interface HandlerFound {
  readonly module: string;
  /** Below the root, with slashes. */
  readonly file: string;
  /** From 1. */
  readonly line: number;
  readonly kind: HandlerKind;
  /** Where the message is declared, behind every alias and re-export. */
  readonly contract: { readonly module: string; readonly file: string; readonly exportName: string };
}

/** As the sources say it: a message that is only known at run time too. */
export interface Mention {
  readonly module: string;
  readonly file: string;
  readonly line: number;
  readonly kind: HandlerKind | 'publish';
  /** What stands for the message there. */
  readonly text: string;
  /** Undefined where it cannot be told without running it. */
  readonly origin: Origin | undefined;
  /** The class around it; undefined where there is none. */
  readonly inClass: string | undefined;
  /** Of a question: whether it names a deadline. */
  readonly hasDeadline?: boolean | undefined;
}

/** What a call of `BoundedContext.register` lists under one property. */
export interface Listed {
  readonly property: 'subscribers' | 'sagas' | 'answers' | 'asks';
  readonly line: number;
  readonly entries: readonly { readonly text: string; readonly line: number; readonly origin: Origin | undefined }[];
  /** False where some of it is computed, so that what is missing cannot be told. */
  readonly isComplete: boolean;
}

export interface Registration {
  readonly module: string;
  readonly file: string;
  readonly line: number;
  readonly lists: readonly Listed[];
  /** False where the options themselves are computed. */
  readonly isComplete: boolean;
}

export interface Sources {
  readonly mentions: readonly Mention[];
  readonly registrations: readonly Registration[];
  readonly origins: Origins;
}

/** Who takes and who sends which message, by the sources of all modules below `root`; nothing is run for it. */
export function readHandlers(root: string): HandlerFound[] {
  const { mentions, registrations } = readSources(root);
  const asked = registrations.flatMap(({ module, file, lists }) =>
    lists
      .filter(({ property }) => property === 'asks')
      .flatMap(({ entries }) =>
        entries.map(({ line, origin }) => ({ module, file, line, kind: 'ask' as const, origin })),
      ),
  );
  return [...mentions, ...asked].flatMap(({ module, file, line, kind, origin }) => {
    const owner = origin && moduleOf(origin.file);
    if (kind === 'publish' || origin === undefined || owner === undefined) return [];
    return [{ module, file, line, kind, contract: { module: owner, file: origin.file, exportName: origin.name } }];
  });
}

/** Every mention of a message, and every registration of a module, below `root`. */
export function readSources(root: string): Sources {
  const origins = new Origins(root);
  const files = moduleFolders(root).flatMap((module) => sourcesOf(root, module).map((file) => ({ module, file })));
  const read = files
    .filter(({ file }) => isWorthParsing(readFileSync(join(root, file), 'utf8')))
    .map(({ module, file }) => new Reading(origins, module, file).read());
  return {
    mentions: read.flatMap(({ mentions }) => mentions),
    registrations: read.flatMap(({ registrations }) => registrations),
    origins,
  };
}

const KERNEL = 'src/shared-kernel/';

/** The functions of the kernel whose first argument is a message that the module takes. */
const TAKING: Readonly<Record<string, HandlerKind>> = {
  'messaging/subscriptions Subscribe': 'subscribe',
  'messaging/subscriptions SubscribeInBatches': 'subscribe',
  'messaging/subscriptions Handle': 'handle',
  'messaging/subscriptions HandleInBatches': 'handle',
  'requests/answers Answers': 'answer',
  'sagas/saga Starts': 'saga',
  'sagas/saga On': 'saga',
};
const SAGA = 'sagas/saga Saga';
const CONTEXT = 'bounded-context BoundedContext';

/** The methods by which a message leaves: of a transaction, of a saga, of `Queries`. */
const SENDING: Readonly<Record<string, Mention['kind']>> = {
  send: 'send',
  do: 'send',
  undo: 'send',
  publish: 'publish',
  ask: 'ask',
};

/** Most files neither take nor send anything; to parse them all would take most of the time. */
function isWorthParsing(text: string): boolean {
  return /\b(?:Subscribe|SubscribeInBatches|Handle|HandleInBatches|Answers|Starts|On|Saga|BoundedContext)\b|messaging\/subscriptions|requests\/answers|sagas\/saga|(?:\.|\[['"])(?:send|do|undo|publish|publishBoth|ask)\b/.test(
    text,
  );
}

class Reading {
  private readonly mentions: Mention[] = [];
  private readonly registrations: Registration[] = [];
  private readonly source: ts.SourceFile;

  constructor(
    private readonly origins: Origins,
    private readonly module: string,
    private readonly file: string,
  ) {
    this.source = origins.parse(file) as ts.SourceFile;
  }

  read(): Pick<Sources, 'mentions' | 'registrations'> {
    this.visit(this.source, undefined);
    return { mentions: this.mentions, registrations: this.registrations };
  }

  private visit(node: ts.Node, inClass: string | undefined): void {
    const around = ts.isClassLike(node) ? nameOfClass(node) : inClass;
    if (ts.isCallExpression(node)) this.call(node, inClass);
    ts.forEachChild(node, (child) => this.visit(child, around));
  }

  private call(call: ts.CallExpression, inClass: string | undefined): void {
    const { expression: callee } = call;
    const ofKernel = this.kernelFunction(callee);
    const taking = ofKernel === undefined ? undefined : TAKING[ofKernel];
    if (taking !== undefined) this.mention(taking, call, call.arguments[0], inClass);
    else if (ofKernel === SAGA) this.compensations(call, inClass);
    else if (ts.isPropertyAccessExpression(callee)) this.method(call, callee, callee.name.text, inClass);
    else if (ts.isElementAccessExpression(callee) && ts.isStringLiteralLike(callee.argumentExpression))
      this.method(call, callee, callee.argumentExpression.text, inClass);
  }

  /** As `messaging/subscriptions Subscribe`. */
  private kernelFunction(callee: ts.Expression): string | undefined {
    const origin = this.origins.of(this.file, callee);
    if (!origin?.file.startsWith(KERNEL)) return undefined;
    return `${origin.file.slice(KERNEL.length).replace(/\.ts$/, '')} ${origin.name}`;
  }

  private method(
    call: ts.CallExpression,
    { expression }: ts.PropertyAccessExpression | ts.ElementAccessExpression,
    name: string,
    inClass: string | undefined,
  ): void {
    const kind = Object.hasOwn(SENDING, name) ? SENDING[name] : undefined;
    if (kind !== undefined) this.sending(kind, call, call.arguments[0], inClass);
    else if (name === 'publishBoth')
      for (const told of call.arguments.filter(ts.isArrayLiteralExpression))
        this.sending('publish', call, told.elements[0], inClass);
    else if (name === 'register' && this.kernelFunction(expression) === CONTEXT)
      this.registrations.push(this.registration(call));
  }

  /** Many things have a method `send`: only one that is given a contract is meant. */
  private sending(
    kind: Mention['kind'],
    call: ts.CallExpression,
    message: ts.Expression | undefined,
    inClass: string | undefined,
  ): void {
    const [, , options] = call.arguments;
    const origin = message && this.origins.of(this.file, message);
    if (message === undefined || !/^src\/modules\/[^/]+\/contract\//.test(origin?.file ?? '')) return;
    const isSpread = call.arguments.some(ts.isSpreadElement);
    const hasDeadline = kind === 'ask' ? isSpread || namesADeadline(options) : undefined;
    this.mentions.push({ ...this.at(call), kind, text: message.getText(), origin, inClass, hasDeadline });
  }

  private mention(kind: HandlerKind, call: ts.Node, message: ts.Expression | undefined, inClass: string | undefined) {
    const origin = message && this.origins.of(this.file, message);
    this.mentions.push({ ...this.at(call), kind, text: message?.getText() ?? '', origin, inClass });
  }

  /** The events that answer a saga's compensations are subscribed to like any other. */
  private compensations(call: ts.CallExpression, inClass: string | undefined): void {
    const undoneBy = propertyOf(call.arguments[0], 'undoneBy');
    if (undoneBy === undefined || !ts.isArrayLiteralExpression(undoneBy)) return;
    for (const event of undoneBy.elements) this.mention('saga', event, event, inClass);
  }

  private registration(call: ts.CallExpression): Registration {
    const options = this.constant(call.arguments[0]);
    const isLiteral = options !== undefined && ts.isObjectLiteralExpression(options);
    const properties = ['subscribers', 'sagas', 'answers', 'asks'] as const;
    return {
      ...this.at(call),
      lists: properties.map((property) => this.listed(property, propertyOf(options, property), call)),
      isComplete: isLiteral && !options.properties.some(ts.isSpreadAssignment),
    };
  }

  private listed(property: Listed['property'], value: ts.Expression | undefined, call: ts.Node): Listed {
    const list = this.constant(value);
    if (list === undefined) return { property, line: this.lineOf(call), entries: [], isComplete: true };
    const line = this.lineOf(list);
    if (!ts.isArrayLiteralExpression(list)) return { property, line, entries: [], isComplete: false };
    const entries = list.elements.map((each) => ({
      text: each.getText(),
      line: this.lineOf(each),
      origin: this.origins.of(this.file, each),
    }));
    return { property, line, entries, isComplete: entries.every(({ origin }) => origin !== undefined) };
  }

  /** What a constant of this file holds, or the expression itself. */
  private constant(expression: ts.Expression | undefined): ts.Expression | undefined {
    if (expression === undefined || !ts.isIdentifier(expression)) return expression;
    const declarations = this.source.statements
      .filter(ts.isVariableStatement)
      .flatMap(({ declarationList }) => declarationList.declarations);
    const declared = declarations.find(({ name }) => ts.isIdentifier(name) && name.text === expression.text);
    return declared?.initializer ?? expression;
  }

  private at(node: ts.Node): Pick<Mention, 'module' | 'file' | 'line'> {
    return { module: this.module, file: this.file, line: this.lineOf(node) };
  }

  private lineOf(node: ts.Node): number {
    return this.source.getLineAndCharacterOfPosition(node.getStart(this.source)).line + 1;
  }
}

/** By which a file knows its class, which is not always what that calls itself; undefined where nothing does. */
function nameOfClass(node: ts.ClassLikeDeclaration): string | undefined {
  if (ts.isClassDeclaration(node)) return node.name?.text ?? 'default';
  let { parent }: ts.Node = node;
  while (ts.isParenthesizedExpression(parent) || ts.isAsExpression(parent) || ts.isSatisfiesExpression(parent))
    parent = parent.parent;
  if (ts.isExportAssignment(parent)) return 'default';
  return ts.isVariableDeclaration(parent) && ts.isIdentifier(parent.name) ? parent.name.text : undefined;
}

/** A value that is made elsewhere is taken at its word: its type asks for a deadline. */
function namesADeadline(options: ts.Expression | undefined): boolean {
  if (options === undefined || isNothing(options)) return false;
  const given = unwrapped(options);
  if (!ts.isObjectLiteralExpression(given)) return true;
  return given.properties.some((each) => {
    if (ts.isSpreadAssignment(each)) return true;
    return each.name.getText() === 'within' && !(ts.isPropertyAssignment(each) && isNothing(each.initializer));
  });
}

function isNothing(value: ts.Expression): boolean {
  return /^(?:undefined|null|void 0)$/.test(unwrapped(value).getText());
}

function propertyOf(object: ts.Expression | undefined, name: string): ts.Expression | undefined {
  if (object === undefined || !ts.isObjectLiteralExpression(object)) return undefined;
  for (const property of object.properties) {
    if (property.name?.getText() !== name) continue;
    if (ts.isPropertyAssignment(property)) return property.initializer;
    if (ts.isShorthandPropertyAssignment(property)) return property.name;
  }
  return undefined;
}

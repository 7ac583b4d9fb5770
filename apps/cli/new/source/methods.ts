import ts from 'typescript';
import { inserted, onlyClass, parse } from './parsed.js';

/** What a class is given by its constructor: `{ type: 'CommandBus', name: 'commands' }`. */
export interface Injected {
  readonly type: string;
  readonly name: string;
}

/** The source of a class with this injected, and the name that it has there, which may be another one. */
export function withInjected(text: string, { type, name }: Injected): { text: string; name: string } {
  const node = onlyClass(parse(text));
  const construction = node.members.find(ts.isConstructorDeclaration);
  const known = construction?.parameters.find((parameter) => parameter.type?.getText() === type && isKept(parameter));
  if (known) return { text, name: known.name.getText() };
  const free = memberNames(node).has(name) ? `${name}Bus` : name;
  const parameter = `private readonly ${free}: ${type}`;
  if (!construction) return { text: inserted(text, bodyStart(node), `\n  constructor(${parameter}) {}\n`), name: free };
  const last = construction.parameters.at(-1);
  const at = last ? last.end : construction.getText().indexOf('(') + construction.getStart() + 1;
  return { text: inserted(text, at, last ? `, ${parameter}` : parameter), name: free };
}

/** The source of a class with a method at its end. */
export function withMethod(text: string, method: string): string {
  const node = onlyClass(parse(text));
  const isFirst = node.members.length === 0;
  return inserted(text, node.end - 1, `${isFirst ? '' : '\n'}${method.trimEnd()}\n`);
}

/** A name for a method that no other member has. */
export function freeMember(text: string, ...candidates: readonly string[]): string {
  const taken = memberNames(onlyClass(parse(text)));
  const last = candidates.at(-1) as string;
  return candidates.find((name) => !taken.has(name)) ?? `${last}${taken.size}`;
}

function memberNames(node: ts.ClassDeclaration): Set<string> {
  const parameters = node.members.filter(ts.isConstructorDeclaration).flatMap(({ parameters: all }) => [...all]);
  return new Set(['constructor', ...[...node.members, ...parameters].flatMap(({ name }) => name?.getText() ?? [])]);
}

function isKept(parameter: ts.ParameterDeclaration): boolean {
  return (ts.getModifiers(parameter) ?? []).length > 0;
}

function bodyStart(node: ts.ClassDeclaration): number {
  return node.members.pos;
}

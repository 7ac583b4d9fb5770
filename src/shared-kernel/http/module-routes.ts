import { type DynamicModule, RequestMethod, type Type } from '@nestjs/common';
import { METHOD_METADATA, MODULE_METADATA, PATH_METADATA } from '@nestjs/common/constants.js';
import { MetadataScanner } from '@nestjs/core';

export interface Route {
  /** As HTTP writes it: GET, POST, … */
  readonly method: string;
  /** As Nest writes it: /orders/:id */
  readonly path: string;
}

/** The routes of a module's controllers and of those of the modules it imports, read from their decorators alone. */
export function routesOf(module: Type): Route[] {
  return [...controllersOf(module)].flatMap((controller) => routesOfController(controller));
}

/** `orders` of `/orders/:id`. */
export function firstSegmentOf({ path }: Route): string {
  return path.split('/')[1] ?? '';
}

function controllersOf(module: Type | DynamicModule, seen = new Set<unknown>()): Set<Type> {
  if (seen.has(module)) return new Set();
  seen.add(module);
  const { metatype, dynamic } =
    'module' in module ? { metatype: module.module, dynamic: module } : { metatype: module, dynamic: undefined };
  const both = <Part>(what: 'controllers' | 'imports'): Part[] => [
    ...((Reflect.getMetadata(what, metatype) as Part[] | undefined) ?? []),
    ...((dynamic?.[what] as Part[] | undefined) ?? []),
  ];
  const imported = both<Type | DynamicModule>(MODULE_METADATA.IMPORTS as 'imports');
  return new Set([
    ...both<Type>(MODULE_METADATA.CONTROLLERS as 'controllers'),
    ...imported.flatMap((each) => [...controllersOf(each, seen)]),
  ]);
}

function routesOfController(controller: Type): Route[] {
  const prefixes = pathsOf(controller);
  const methods = new MetadataScanner().getAllMethodNames(controller.prototype);
  return methods.flatMap((name) => {
    const handler = controller.prototype[name];
    const method = Reflect.getMetadata(METHOD_METADATA, handler) as RequestMethod | undefined;
    if (method === undefined) return [];
    const paths = prefixes.flatMap((prefix) => pathsOf(handler).map((path) => joined(prefix, path)));
    return paths.map((path) => ({ method: RequestMethod[method] as string, path }));
  });
}

function pathsOf(target: object): string[] {
  return [(Reflect.getMetadata(PATH_METADATA, target) as string | string[] | undefined) ?? ''].flat();
}

function joined(prefix: string, path: string): string {
  const parts = [prefix, path].map((part) => part.replace(/^\/+|\/+$/g, '')).filter((part) => part !== '');
  return `/${parts.join('/')}`;
}

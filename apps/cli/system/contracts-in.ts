import { z } from 'zod';
import type { MessageType } from '#kernel/contract/message';
import type { QueryType } from '#kernel/contract/query';
import type { JsonSchema, LoadedContract } from './contract-found.js';
import { untoldIn } from './untold.js';

const identities = new Map<object, number>();

/**
 * The messages among what a file exports.
 * @throws for one whose schema JSON cannot hold
 */
export function contractsIn(exported: object): LoadedContract[] {
  return Object.entries(exported).flatMap(([exportName, value]) => within(value, exportName, new Set()));
}

/** @param above the objects around it */
function within(value: unknown, exportName: string, above: ReadonlySet<unknown>): LoadedContract[] {
  const place = { exportName, isByItself: above.size === 0 };
  if (isQuery(value)) return [{ ...place, ...aboutQuery(value), identity: identityOf(value) }];
  if (isMessage(value)) return [{ ...place, ...aboutMessage(value), identity: identityOf(value) }];
  if (!isPlain(value) || above.has(value)) return [];
  return Object.values(value).flatMap((each) => within(each, exportName, new Set([...above, value])));
}

/** An object or a list, and no instance of a class. */
function isPlain(value: unknown): value is object {
  if (typeof value !== 'object' || value === null) return false;
  return Array.isArray(value) || Object.getPrototypeOf(value) === Object.prototype;
}

function identityOf(contract: object): number {
  const known = identities.get(contract) ?? identities.size;
  identities.set(contract, known);
  return known;
}

function aboutMessage({ kind, name, owner, key, schema, upcasts }: MessageType) {
  const about = { kind, name, owner, key, schema: asJson(name, schema), untold: untoldIn(schema) };
  return upcasts ? { ...about, upcasts: upcasts.type.name } : about;
}

function aboutQuery({ kind, name, owner, request, reply }: QueryType) {
  return {
    kind,
    name,
    owner,
    request: asJson(name, request),
    reply: asJson(name, reply),
    untold: [...untoldIn(request, 'request'), ...untoldIn(reply, 'reply')],
  };
}

/** What a reader takes: a property with a default may be absent. */
function asJson(name: string, schema: z.core.$ZodType): JsonSchema {
  try {
    return z.toJSONSchema(schema, { target: 'draft-2020-12', io: 'input' }) as JsonSchema;
  } catch (error) {
    throw new Error(`${name} holds what JSON cannot: ${(error as Error).message}`);
  }
}

function isMessage(value: unknown): value is MessageType {
  return isDeclared(value, ['event', 'command']) && isSchema(value.schema);
}

function isQuery(value: unknown): value is QueryType {
  return isDeclared(value, ['query']) && isSchema(value.request) && isSchema(value.reply);
}

function isDeclared(value: unknown, kinds: readonly string[]): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null || !('kind' in value) || !('name' in value)) return false;
  return kinds.includes(value.kind as string) && typeof value.name === 'string';
}

const isSchema = (value: unknown): boolean => typeof value === 'object' && value !== null && '_zod' in value;

import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { moduleFolders } from '../../system/module-files.js';
import type { ContractFound, JsonSchema } from '../../system/read-contracts.js';
import { canonical, isAnnotation, isSchema } from './keywords.js';

const Schema = z.record(z.string(), z.unknown());

/** What one release of a message said: its payload, or what is asked and answered. */
const Revision = z.union([z.strictObject({ schema: Schema }), z.strictObject({ request: Schema, reply: Schema })]);
export type Revision = z.output<typeof Revision>;

const Content = z.strictObject({
  name: z.string(),
  kind: z.enum(['event', 'command', 'query']),
  /** The property that orders it; of events and commands. */
  key: z.string().optional(),
  /** Nothing of it is published or read any more; its name stays reserved. */
  retired: z.literal(true).optional(),
  /** The oldest first. Each added nothing but optional properties to the one before it. */
  revisions: z.array(Revision).min(1),
});
const Sealed = Content.extend({ sha256: z.string() });

/** A released message, as it is kept. */
export type Golden = z.output<typeof Content>;

/** A file among the released ones, as it is found. */
export interface GoldenFound {
  /** The module's folder. */
  readonly module: string;
  /** Below the root, with slashes. */
  readonly file: string;
  /** Undefined where the file is not one that was written by a release. */
  readonly golden: Golden | undefined;
  /** Why it is not. */
  readonly flaw: string | undefined;
}

/** Where a message of a module is kept once it is released, below the root: `…/contract/released/order-placed.v1.json`. */
export function goldenFile(module: string, name: string): string {
  return `src/modules/${module}/contract/released/${name.slice(name.indexOf('.') + 1)}.json`;
}

/** Every released message below `root`. */
export function readGoldens(root: string): GoldenFound[] {
  return moduleFolders(root).flatMap((module) => {
    const folder = `src/modules/${module}/contract/released`;
    if (!existsSync(join(root, folder))) return [];
    return readdirSync(join(root, folder))
      .filter((name) => name.endsWith('.json'))
      .sort()
      .map((name) => readGolden(root, module, `${folder}/${name}`));
  });
}

function readGolden(root: string, module: string, file: string): GoldenFound {
  const flawed = (flaw: string): GoldenFound => ({ module, file, golden: undefined, flaw });
  let content: unknown;
  try {
    content = JSON.parse(readFileSync(join(root, file), 'utf8'));
  } catch {
    return flawed('is no JSON');
  }
  const read = Sealed.safeParse(content);
  if (!read.success) return flawed('is not what a release writes');
  const { sha256, ...golden } = read.data;
  if (sha256 !== seal(golden)) return flawed('was changed since it was written');
  if (file !== goldenFile(module, golden.name)) return flawed(`holds ${golden.name}, which is kept in another file`);
  return { module, file, golden, flaw: undefined };
}

/** The text of its file: the same for the same content. */
export function goldenText(golden: Golden): string {
  return `${JSON.stringify({ ...golden, sha256: seal(golden) }, null, 2)}\n`;
}

/** By which a change by hand is noticed, and no other way of laying out the same JSON. */
function seal(golden: Golden): string {
  return createHash('sha256').update(canonical(golden)).digest('hex');
}

/** What a contract says now, as a release would keep it. */
export function revisionOf({ schema, request, reply }: ContractFound): Revision {
  return schema ? { schema: kept(schema) } : { request: kept(request ?? {}), reply: kept(reply ?? {}) };
}

/** The schemas of a revision, each with what its paths begin with. */
export function schemasOf(revision: Revision): { readonly side: string; readonly schema: JsonSchema }[] {
  if ('schema' in revision) return [{ side: '', schema: revision.schema }];
  return [
    { side: 'request', schema: revision.request },
    { side: 'reply', schema: revision.reply },
  ];
}

const DIALECT = 'https://json-schema.org/draft/2020-12/schema';

/** A schema without what it says to people, in one order. */
function kept(schema: JsonSchema): Record<string, unknown> {
  return { $schema: DIALECT, ...(bare(schema) as JsonSchema) };
}

function bare(part: unknown): unknown {
  if (!isSchema(part)) return part;
  return Object.fromEntries(
    Object.entries(part)
      .filter(([keyword]) => !isAnnotation(keyword))
      .sort(([one], [other]) => rank(one) - rank(other) || (one < other ? -1 : 1))
      .map(([keyword, value]) => [keyword, barely(keyword, value)]),
  );
}

/** What a schema is, then what it holds. */
const FIRST = ['$ref', 'type', 'const', 'enum', 'format'];
const LAST = ['properties', 'required', 'additionalProperties', '$defs'];

function rank(keyword: string): number {
  return FIRST.includes(keyword) ? FIRST.indexOf(keyword) : FIRST.length + 1 + LAST.indexOf(keyword);
}

function barely(keyword: string, value: unknown): unknown {
  switch (keyword) {
    case 'properties':
    case '$defs':
      return isSchema(value)
        ? Object.fromEntries(
            Object.entries(value)
              .sort(byName)
              .map(([n, v]) => [n, bare(v)]),
          )
        : value;
    case 'type':
    case 'required':
    case 'enum':
      return Array.isArray(value) ? value.toSorted() : value;
    case 'default':
    case 'const':
      return value;
    default:
      return Array.isArray(value) ? value.map(bare) : bare(value);
  }
}

function byName([one]: [string, unknown], [other]: [string, unknown]): number {
  return one < other ? -1 : 1;
}

import type { Violation } from '../wall.js';
import type { StaticRule } from './rules.js';
import { HOLE } from './sql/constants.js';
import type { Done, Mention, Named } from './sql/mentions.js';

/** All modules of a repository. */
export interface System {
  /** Who owns a schema. */
  readonly bySchema: ReadonlyMap<string, string>;
  /** The settings that hold addresses of the database: the administrator's and the modules'. */
  readonly addresses: ReadonlySet<string>;
}

/** Whose code it is that names and does things. */
export interface Owner {
  readonly schema: string;
  /** The setting that may hold the address of its own role. */
  readonly address: string;
  /** Code of tests, which looks into a scratch database as its administrator. */
  readonly isTest: boolean;
  readonly system: System;
}

/** What is wrong about what some SQL says, for its owner. */
export function judged(mentions: readonly Mention[], owner: Owner): Violation[] {
  return mentions.flatMap((mention) => {
    const found = mention.kind === 'deed' ? judgedDeed(mention, owner) : judgedName(mention, owner);
    if (found === undefined) return [];
    const { file, line } = mention.place;
    const what = `${found.what.replaceAll(HOLE, '…')}, in: ${mention.sql}`;
    return [{ rule: found.rule, file, line, what, subject: found.subject.replaceAll(HOLE, '…') }];
  });
}

interface Judgement {
  readonly rule: StaticRule;
  readonly what: string;
  readonly subject: string;
}

function judgedDeed(
  { rule, what, unlessOnly }: Done,
  { schema, address, isTest, system }: Owner,
): Judgement | undefined {
  if (isTest) return undefined;
  // One that is put together may be any.
  const isAnother = what.includes('…') || (what !== address && system.addresses.has(what));
  if (rule === 'connects-as-itself' && !isAnother) return undefined;
  if (unlessOnly?.every((each) => each === schema || isSystem(each))) return undefined;
  return { rule, what: `says ${what}`, subject: what };
}

function judgedName(named: Named, owner: Owner): Judgement | undefined {
  const { schema, name, kind, isGuess } = named;
  if (schema === owner.schema || isSystem(schema)) return undefined;
  const other = owner.system.bySchema.get(schema);
  if (other === undefined && (owner.isTest || (isGuess && schema !== 'public'))) return undefined;
  const subject = `${schema}.${name}`;
  if (schema.includes(HOLE)) return { rule: 'no-computed-schema', what: `names ${shown(named)}`, subject };
  return { rule: ruleFor(kind, other), what: `${VERBS[kind]} ${shown(named)}, ${whose(schema, other)}`, subject };
}

const VERBS = { use: 'names', definition: 'creates or changes', reference: 'refers to' } as const;

function ruleFor(kind: Named['kind'], other: string | undefined): StaticRule {
  if (kind === 'definition') return 'ddl-in-its-own-schema';
  if (kind === 'reference') return 'no-foreign-key-across-schemas';
  return other === undefined ? 'no-shared-schema' : 'sql-stays-in-its-schema';
}

function shown({ schema, name }: Named): string {
  return name === '*' ? `schema ${schema}` : `${schema}.${name}`;
}

function whose(schema: string, other: string | undefined): string {
  if (other !== undefined) return `which is module ${other}'s`;
  return schema === 'public' ? "which is nobody's" : 'a schema that no module declares';
}

/** Where PostgreSQL keeps its own, and each session its temporary tables. */
export function isSystem(schema: string): boolean {
  return schema === 'pg_catalog' || schema === 'information_schema' || /^pg_temp(_\d+)?$/.test(schema);
}

import ts from 'typescript';
import { UserError } from '../../user-error.js';
import { type Name, readClassName } from '../name.js';

/** Room for what is put before and after it in a table's name. */
const LONGEST = 30;

/** The tables that the kernel keeps in every module's schema; those of a ring are numbered. */
const KERNEL_TABLE =
  /^(?:attempt|dead_letter|delayed|idempotency_key|(?:in|out)box(?:_.*)?|lease(?:_move)?|message_audit|mikro_orm_migrations|parked|pause|placement|relay(?:_position)?|replay|saga|subscriber)$/;

/**
 * The name of what a module keeps.
 * @throws UserError for one that would hide a name of JavaScript's, or take a table of the kernel's
 */
export function readEntity(given: string): Name {
  const name = readClassName(given, 'thing to keep', LONGEST);
  if (isReserved(name.camel))
    throw new UserError(
      `"${given}" cannot be the name of a thing to keep: it is a word of TypeScript.`,
      `Say more precisely what it is, such as "${given}-entry".`,
    );
  if (KERNEL_TABLE.test(given.replaceAll('-', '_')))
    throw new UserError(
      `"${given}" cannot be the name of a thing to keep: the kernel has a table of that name in every schema.`,
      `Say more precisely what it is, such as "${given}-entry".`,
    );
  return name;
}

function isReserved(word: string): boolean {
  const kind = ts.identifierToKeywordKind(ts.factory.createIdentifier(word));
  return kind !== undefined && kind <= ts.SyntaxKind.LastFutureReservedWord;
}

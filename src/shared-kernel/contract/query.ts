import { z } from 'zod';
import { remembered } from './declared.js';
import { NAME } from './message.js';
import { opened } from './opened.js';

/**
 * A *query* is a question to its owner, answered now and read-only, with a deadline. What it asks and what is answered
 * travel as JSON as soon as the two live in different apps.
 */
export interface QueryType<Request extends z.ZodObject = z.ZodObject, Reply extends z.ZodObject = z.ZodObject> {
  readonly kind: 'query';
  readonly name: string;
  /** The module that owns the name, and answers. */
  readonly owner: string;
  /** Closed: what the asker is held to. */
  readonly request: Request;
  /** Closed: what the answerer is held to. */
  readonly reply: Reply;
  /** Open: what either reads of the other, so that one of them may add an optional property first. */
  readonly reading: { readonly request: z.ZodType<z.output<Request>>; readonly reply: z.ZodType<z.output<Reply>> };
}

export type RequestOf<Query extends QueryType> = z.output<Query['request']>;
export type ReplyOf<Query extends QueryType> = z.output<Query['reply']>;

/**
 * Declares a question to the module that the name begins with. Both schemas must be closed (`z.strictObject`).
 * @throws for a name of another form, an open schema, or one that JSON cannot hold
 */
export function defineQuery<Request extends z.ZodObject, Reply extends z.ZodObject>(
  name: string,
  request: Request,
  reply: Reply,
): QueryType<Request, Reply> {
  const owner = NAME.exec(name)?.groups?.owner;
  if (!owner)
    throw new Error(
      `"${name}" is no query name: write <module>.<what-is-asked>.v<major>, as inventory.availability.v1`,
    );
  mustBeClosedJson(`The request of ${name}`, request);
  mustBeClosedJson(`The reply of ${name}`, reply);
  const reading = { request: opened(request), reply: opened(reply) };
  return remembered({ kind: 'query', name, owner, request, reply, reading });
}

function mustBeClosedJson(which: string, schema: z.ZodObject): void {
  if (!(schema.def.catchall instanceof z.ZodNever))
    throw new Error(`${which} is open: declare it with z.strictObject, so that a misspelt property is noticed.`);
  try {
    z.toJSONSchema(schema);
  } catch (error) {
    throw new Error(`${which} holds what JSON cannot: ${(error as Error).message}. Write it as a string or a number.`);
  }
}

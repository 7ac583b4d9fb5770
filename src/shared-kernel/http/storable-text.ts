import type { FastifyInstance, FastifyRequest } from 'fastify';
import { invalidInput } from './problem.js';
import { fieldName } from './validation.js';

/** Deeper than any contract, and shallow enough for every recursion that comes after, this one included. */
const DEEPEST = 64;

/** What is wrong, and where: the path grows on the way back out, so that sound input allocates nothing. */
interface Finding {
  path: PropertyKey[];
  message: string;
}

/**
 * PostgreSQL text holds every character but NUL, and UTF-8 has no lone surrogates; either would end as an error of the
 * database. So no text with them gets past this point: not as a value, not as a property's name.
 */
export function refuseUnstorableText(fastify: FastifyInstance): void {
  fastify.addHook('preValidation', (request, _reply, done) => {
    const finding = firstFinding(request);
    done(finding && invalidInput([{ field: fieldName(finding.path) || 'body', message: finding.message }]));
  });
}

function firstFinding({ params, query, body }: FastifyRequest): Finding | undefined {
  return find(params, 0) ?? find(query, 0) ?? find(body, 0);
}

function find(value: unknown, depth: number): Finding | undefined {
  if (typeof value === 'string')
    return isStorable(value) ? undefined : found('must not hold a NUL or half a character');
  if (typeof value !== 'object' || value === null) return undefined;
  if (depth === DEEPEST) return found(`must not be nested deeper than ${DEEPEST} levels`);
  return Array.isArray(value) ? findInList(value, depth) : findInRecord(value as Record<string, unknown>, depth);
}

function findInList(list: unknown[], depth: number): Finding | undefined {
  for (let index = 0; index < list.length; index++) {
    const finding = find(list[index], depth + 1);
    if (finding) return within(index, finding);
  }
  return undefined;
}

function findInRecord(record: Record<string, unknown>, depth: number): Finding | undefined {
  for (const name of Object.keys(record)) {
    if (!isStorable(name)) return found('must not have a property whose name holds a NUL or half a character');
    const finding = find(record[name], depth + 1);
    if (finding) return within(name, finding);
  }
  return undefined;
}

function isStorable(text: string): boolean {
  return !text.includes('\0') && text.isWellFormed();
}

function found(message: string): Finding {
  return { path: [], message };
}

function within(key: PropertyKey, { path, message }: Finding): Finding {
  return { path: [key, ...path], message };
}

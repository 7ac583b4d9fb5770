import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { FieldError } from '../contract/domain-error.js';
import { invalidInput } from './problem.js';
import { fieldName } from './validation.js';

/** Deeper than any contract, and shallow enough for every recursion behind it, this one included. */
const DEEPEST = 64;

/**
 * PostgreSQL text holds every character but NUL, and UTF-8 has no lone surrogates; either would end as an error of the
 * database. So no text with them gets past this point: not as a value, not as a property's name.
 */
export function refuseUnstorableText(fastify: FastifyInstance): void {
  fastify.addHook('preValidation', (request, _reply, done) => {
    const error = firstUnstorable(request);
    done(error && invalidInput([error]));
  });
}

function firstUnstorable(request: FastifyRequest): FieldError | undefined {
  return find(request.params, []) ?? find(request.query, []) ?? find(request.body, []);
}

function find(value: unknown, path: PropertyKey[]): FieldError | undefined {
  if (typeof value === 'string') return isStorable(value) ? undefined : wrong(path, 'holds a NUL or half a character');
  if (typeof value !== 'object' || value === null) return undefined;
  if (path.length === DEEPEST) return wrong(path.slice(0, 1), `is nested deeper than ${DEEPEST} levels`);
  return Array.isArray(value) ? findInList(value, path) : findInRecord(value, path);
}

function findInList(list: unknown[], path: PropertyKey[]): FieldError | undefined {
  for (const [index, item] of list.entries()) {
    const error = find(item, [...path, index]);
    if (error) return error;
  }
  return undefined;
}

function findInRecord(record: object, path: PropertyKey[]): FieldError | undefined {
  for (const [name, value] of Object.entries(record)) {
    if (!isStorable(name)) return wrong(path, 'has a property whose name holds a NUL or half a character');
    const error = find(value, [...path, name]);
    if (error) return error;
  }
  return undefined;
}

function isStorable(text: string): boolean {
  return !text.includes('\0') && text.isWellFormed();
}

function wrong(path: PropertyKey[], message: string): FieldError {
  return { field: fieldName(path) || 'body', message };
}

import { type ArgumentMetadata, Injectable, type PipeTransform } from '@nestjs/common';
import type { FieldError } from '../contract/domain-error.js';
import { invalidInput } from './problem.js';

/** A thousand wrong lines say no more than the first hundred, and an answer should not outgrow its question. */
const MOST_ERRORS = 100;

/**
 * Holds `@Body({ schema })`, `@Query({ schema })` and `@Param('name', { schema })` to their schema; whatever breaks it
 * is a 422 with the fields. Nest's own StandardSchemaValidationPipe does not tell its exception factory which
 * parameter it looked at, so a path parameter could not be named.
 */
@Injectable()
export class ValidationPipe implements PipeTransform {
  async transform(value: unknown, metadata: ArgumentMetadata): Promise<unknown> {
    if (!metadata.schema || metadata.type === 'custom') return value;
    const result = await metadata.schema['~standard'].validate(value);
    if (!result.issues) return result.value;
    throw invalidInput(result.issues.slice(0, MOST_ERRORS).map((issue) => fieldError(issue, metadata)));
  }
}

interface Issue {
  readonly message: string;
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
}

function fieldError(issue: Issue, { data, type }: ArgumentMetadata): FieldError {
  const path = (issue.path ?? []).map((segment) => (typeof segment === 'object' ? segment.key : segment));
  return { field: fieldName(data === undefined ? path : [data, ...path]) || type, message: issue.message };
}

/** `['lines', 0, 'quantity']` is written `lines[0].quantity`. */
export function fieldName(path: PropertyKey[]): string {
  return path.map((key, at) => (typeof key === 'number' ? `[${key}]` : `${at ? '.' : ''}${String(key)}`)).join('');
}

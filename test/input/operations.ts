import fc from 'fast-check';
import type { Shop } from '../shop.js';
import type { Schema } from './schema.js';

interface Parameter {
  name: string;
  in: 'path' | 'query' | 'header';
  schema: Schema;
}

interface Content {
  content?: Record<string, { schema: Schema }>;
}

interface DocumentedOperation {
  parameters: Parameter[];
  requestBody?: Content;
  responses: Record<string, Content & { description: string }>;
  security?: object[];
}

interface OpenApi {
  paths: Record<string, Record<string, DocumentedOperation>>;
  components: { schemas: Record<string, Schema> };
}

/** One route, as the shop itself documents it. */
export interface Operation {
  /** `GET /orders/{id}`; also how it is printed where it is part of a counterexample. */
  name: string;
  [fc.toStringMethod](): string;
  method: string;
  /** As in OpenAPI: `/orders/{id}`. */
  path: string;
  parameters: Parameter[];
  body: Schema | undefined;
  /** What it answers by status; undefined where it says nothing of the body. */
  answers: Map<number, Schema | undefined>;
  isPublic: boolean;
  /** Whom it is for, in the words of the documentation, where it is not for everyone. */
  audience: string | undefined;
}

export interface Api {
  operations: Operation[];
  problem: Schema;
}

/** Every route of the running shop, so that a new one is tested without anybody's doing. */
export async function readApi(shop: Shop): Promise<Api> {
  const { paths, components } = (await shop.request<OpenApi>('GET', '/openapi.json')).body;
  const operations = Object.entries(paths).flatMap(([path, byMethod]) =>
    Object.entries(byMethod).map(([method, documented]) => operationOf(method.toUpperCase(), path, documented)),
  );
  return { operations, problem: components.schemas.Problem as Schema };
}

function operationOf(method: string, path: string, documented: DocumentedOperation): Operation {
  const { parameters, requestBody, responses, security } = documented;
  const statuses = Object.keys(responses).filter((status) => status !== 'default');
  const name = `${method} ${path}`;
  return {
    name,
    [fc.toStringMethod]: () => name,
    method,
    path,
    parameters,
    body: schemaIn(requestBody),
    answers: new Map(statuses.map((status) => [Number(status), schemaIn(responses[status])])),
    isPublic: security?.some((requirement) => Object.keys(requirement).length === 0) ?? false,
    audience: /^for (.+) only$/.exec(responses[403]?.description ?? '')?.[1],
  };
}

function schemaIn(documented: Content | undefined): Schema | undefined {
  return documented?.content?.['application/json']?.schema;
}

/** `/orders/{id}` with what is put in place of each parameter. */
export function pathWith(operation: Operation, fill: (parameter: Parameter) => string): string {
  return operation.path.replace(/\{(\w+)\}/g, (_, name: string) => {
    const parameter = operation.parameters.find((each) => each.in === 'path' && each.name === name);
    if (!parameter) throw new Error(`${operation.name} does not document "${name}".`);
    return fill(parameter);
  });
}

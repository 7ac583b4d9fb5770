import { applyDecorators, type INestApplication } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import {
  ApiHeader,
  ApiResponse,
  ApiSecurity,
  DocumentBuilder,
  type OpenAPIObject,
  SwaggerModule,
} from '@nestjs/swagger';
import { z } from 'zod';
import { PROBLEM_MEDIA_TYPE, Problem } from './problem.js';

type ComponentSchemas = NonNullable<NonNullable<OpenAPIObject['components']>['schemas']>;
type OperationObject = NonNullable<OpenAPIObject['paths'][string]['get']>;

export interface ApiDescription {
  title: string;
  description: string;
  version: string;
}

/** What the route answers when all goes well. */
export const Returns = (status: number, schema: z.ZodType, description: string) =>
  ApiResponse({ status, description, standardSchema: schema, ...(LOCATED.has(status) && { headers: location }) });

const LOCATED = new Set([201, 202]);
const location = { Location: { description: 'where to look for it', schema: { type: 'string' as const } } };

/** How the route may refuse, by status: `@Refuses({ 404: 'no such order', 409: 'it has been shipped' })`. */
export const Refuses = (reasons: Record<number, string>) =>
  applyDecorators(
    ...Object.entries(reasons).map(([status, description]) =>
      ApiResponse({ status: Number(status), ...problemContent(description) }),
    ),
  );

/** Any caller will do, so a client need not sign in. */
export const NeedsNoToken = () => ApiSecurity({});

export const TakesIdempotencyKey = () =>
  ApiHeader({
    name: 'Idempotency-Key',
    required: false,
    description:
      'Of your own choice. The same key and body do it once and give the same answer again; another body is a 409.',
    schema: { type: 'string', minLength: 1, maxLength: 255 },
  });

function problemContent(description: string) {
  return { description, content: { [PROBLEM_MEDIA_TYPE]: { schema: { $ref: '#/components/schemas/Problem' } } } };
}

/**
 * `/openapi.json` and the page `/docs`, put together when first asked for.
 * @param described the app whose routes they tell of
 */
export function serveOpenApi(
  app: NestFastifyApplication,
  described: INestApplication,
  description: ApiDescription,
): void {
  SwaggerModule.setup('docs', app, () => openApiOf(described, description), {
    jsonDocumentUrl: 'openapi.json',
    raw: ['json'],
  });
}

/** The routes of an app, in an order that is the same wherever its modules live. */
export function openApiOf(app: INestApplication, description: ApiDescription): OpenAPIObject {
  return inOrder(describe(app, description));
}

function describe(app: INestApplication, { title, description, version }: ApiDescription): OpenAPIObject {
  const config = new DocumentBuilder()
    .setTitle(title)
    .setDescription(description)
    .setVersion(version)
    .addBearerAuth()
    .addSecurityRequirements('bearer')
    .build();
  return withProblems(SwaggerModule.createDocument(app, config, { standardSchemaConverter: toOpenApi }));
}

/** What we take in is closed where its schema is; what we give out is open, so that a client expects it to grow. */
function toOpenApi(schema: unknown, { schemaType }: { schemaType: 'input' | 'output' }) {
  const open = ({ jsonSchema }: { jsonSchema: z.core.JSONSchema.BaseSchema }) => {
    if (schemaType === 'output' && jsonSchema.additionalProperties === false) delete jsonSchema.additionalProperties;
  };
  const options = { target: 'openapi-3.0', io: schemaType, override: open } as const;
  const { $defs: components = {}, ...rest } = z.toJSONSchema(schema as z.ZodType, options);
  return { schema: rest, components };
}

/** Every operation may end in a problem, so each says so once, by `default`. */
function withProblems(document: OpenAPIObject): OpenAPIObject {
  for (const { responses } of operationsOf(document)) responses.default ??= problemContent('What went wrong');
  const problem = { Problem: toOpenApi(Problem, { schemaType: 'output' }).schema } as ComponentSchemas;
  return {
    ...document,
    components: { ...document.components, schemas: { ...document.components?.schemas, ...problem } },
  };
}

/** By name: in which order modules are found depends on the app that they live in. */
function inOrder({ paths, components, ...rest }: OpenAPIObject): OpenAPIObject {
  const sorted = <Named extends object>(named: Named) =>
    Object.fromEntries(Object.entries(named).sort(byName)) as Named;
  return {
    ...rest,
    paths: sorted(paths),
    components: { ...components, schemas: sorted(components?.schemas ?? {}) },
  };
}

function byName([one]: [string, unknown], [other]: [string, unknown]): number {
  return one < other ? -1 : 1;
}

function operationsOf(document: OpenAPIObject): OperationObject[] {
  return Object.values(document.paths).flatMap((path) =>
    Object.values(path).filter((part): part is OperationObject => typeof part === 'object' && 'responses' in part),
  );
}

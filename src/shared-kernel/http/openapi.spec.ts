import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Body, Controller, Get, Module, Param, Post, Query } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { OpenAPIObject } from '@nestjs/swagger';
import { z } from 'zod';
import { UnitOfWork } from '../persistence/unit-of-work.js';
import { Allow, Public } from './access.js';
import { created } from './answer.js';
import { createHttpApp } from './create-http-app.js';
import { Idempotent } from './idempotency.js';
import { Refuses, Returns } from './openapi.js';
import { pageOf, pageQuery } from './pagination.js';

const Money = z.strictObject({ amount: z.string().regex(/^\d+\.\d{2}$/), currency: z.enum(['GBP', 'EUR']) });
const NewBook = z.strictObject({
  title: z.string().min(1).max(200),
  price: Money,
  lent: z.boolean().default(false),
  tags: z.array(z.string()).max(3).optional(),
});
const Book = NewBook.extend({ id: z.uuid(), note: z.string().nullable() });
const Search = z.object({ ...pageQuery, search: z.string().max(80).optional().describe('in the title') });

@Controller('books')
class Books {
  @Allow('keeper')
  @Idempotent()
  @Post()
  @Returns(201, Book, 'the new book')
  @Refuses({ 409: 'there is one of that title' })
  create(@Body({ schema: NewBook }) book: z.infer<typeof NewBook>) {
    return created(book);
  }

  @Public()
  @Get()
  @Returns(200, pageOf(Book), 'a page of books')
  list(@Query({ schema: Search }) _query: z.infer<typeof Search>) {}

  @Get(':id')
  @Returns(200, Book, 'the book')
  @Refuses({ 404: 'no such book' })
  one(@Param('id', { schema: z.uuid() }) _id: string) {}
}

@Module({ controllers: [Books], providers: [{ provide: UnitOfWork, useValue: {} }] })
class BooksModule {}

describe('the OpenAPI document', () => {
  let app: NestFastifyApplication;
  let document: OpenAPIObject;

  beforeAll(async () => {
    const settings = { jwksUrls: () => ['http://127.0.0.1:1/'], issuer: 'test', audience: 'test' };
    const api = { title: 'Books', description: 'Borrow them.', version: '1.2.3' };
    app = await createHttpApp(BooksModule, { settings, api, logLevel: 'silent' });
    await app.init();
    document = (await app.inject('/openapi.json')).json();
  });
  afterAll(() => app.close());

  const operation = (path: string, method: 'get' | 'post') => {
    const found = document.paths[path]?.[method];
    if (!found) throw new Error(`${method} ${path} is not in the document`);
    return found;
  };
  const parameter = (path: string, method: 'get' | 'post', name: string) =>
    operation(path, method).parameters?.find((candidate) => 'name' in candidate && candidate.name === name);

  it('is OpenAPI 3 and says what it describes', () => {
    expect(document.openapi).toMatch(/^3\./);
    expect(document.info).toMatchObject({ title: 'Books', description: 'Borrow them.', version: '1.2.3' });
  });

  it('describes what a route takes: closed body, query and path', () => {
    expect(operation('/books', 'post').requestBody).toMatchObject({
      required: true,
      content: {
        'application/json': {
          schema: {
            required: ['title', 'price'],
            additionalProperties: false,
            properties: { lent: { default: false } },
          },
        },
      },
    });
    expect(parameter('/books', 'get', 'limit')).toMatchObject({
      in: 'query',
      required: false,
      schema: { type: 'integer', minimum: 1, maximum: 200 },
    });
    expect(parameter('/books/{id}', 'get', 'id')).toMatchObject({
      in: 'path',
      required: true,
      schema: { format: 'uuid' },
    });
  });

  it('describes what a route answers: open body, location, problems', () => {
    const { responses } = operation('/books', 'post');
    expect(responses[201]).toMatchObject({
      headers: { Location: { schema: { type: 'string' } } },
      content: { 'application/json': { schema: { properties: { note: { type: 'string', nullable: true } } } } },
    });
    expect(JSON.stringify(responses[201])).not.toContain('additionalProperties');
    for (const status of ['403', '409', 'default']) {
      const schema = { $ref: '#/components/schemas/Problem' };
      expect(responses[status]).toMatchObject({ content: { 'application/problem+json': { schema } } });
    }
    expect(document.components?.schemas?.Problem).toMatchObject({ required: ['type', 'title', 'status', 'detail'] });
  });

  it('says where a token is needed and where an Idempotency-Key is heard', () => {
    expect(document.components?.securitySchemes?.bearer).toMatchObject({ type: 'http', scheme: 'bearer' });
    expect(document.security).toEqual([{ bearer: [] }]);
    expect(operation('/books', 'post').security).toBeUndefined();
    expect(operation('/books', 'get').security).toEqual([{}]);
    expect(parameter('/books', 'post', 'Idempotency-Key')).toMatchObject({ in: 'header', required: false });
    expect(parameter('/books', 'get', 'Idempotency-Key')).toBeUndefined();
  });

  it('has a page that its own security headers let live', async () => {
    const page = await app.inject('/docs');
    expect(page.headers['content-type']).toContain('text/html');
    const scripts = [...page.body.matchAll(/<script src="\.(\/[^"]+)"/g)].map(([, path]) => path ?? '');
    expect(scripts).toHaveLength(3);
    for (const path of scripts) expect((await app.inject(path)).statusCode).toBe(200);
    // No inline script, which the policy refuses.
    expect(page.body).not.toMatch(/<script(?![^>]* src=)/);
  });
});

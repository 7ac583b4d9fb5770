import { readFileSync } from 'node:fs';
import specs from '@asyncapi/specs';
import { describe, expect, it } from '@jest/globals';
import { Ajv } from 'ajv';
import formats from 'ajv-formats';
import type { ContractFound, JsonSchema } from '../system/read-contracts.js';
import { readContracts } from '../system/read-contracts.js';
import type { HandlerFound } from '../system/read-handlers.js';
import { asyncApi } from './asyncapi.js';

type Document = ReturnType<typeof asyncApi>;

// The specification's schema brings the draft that it is written in.
const ajv = new Ajv({ strict: false, meta: false, validateSchema: false });
formats.default(ajv);
const isAsyncApi = ajv.compile(specs.schemas['3.0.0'] as object);

const file = (name: string) => `src/modules/${name.split('.')[0]}/contract/${name}.ts`;
const message = (name: string, more: Partial<ContractFound> = {}): ContractFound => ({
  module: name.split('.')[0] ?? '',
  file: file(name),
  exportName: 'It',
  line: 1,
  kind: 'event',
  name,
  owner: name.split('.')[0] ?? '',
  key: 'id',
  schema: { type: 'object', properties: { id: { type: 'string' } }, required: ['id'], additionalProperties: false },
  meaning: '',
  untold: [],
  ...more,
});
const handler = (module: string, kind: HandlerFound['kind'], name: string): HandlerFound => ({
  module,
  file: `src/modules/${module}/somewhere.ts`,
  line: 1,
  kind,
  contract: { module: name.split('.')[0] ?? '', file: file(name), exportName: 'It' },
});

const closed: JsonSchema = { type: 'object', properties: {}, additionalProperties: false };

describe('the document of all messages', () => {
  const document = asyncApi({
    title: 'shop',
    contracts: [
      message('till.sold.v1', { meaning: 'It was sold.' }),
      message('till.sold.v2', { upcasts: 'till.sold.v1' }),
      message('till.sell.v1', { kind: 'command' }),
      message('till.price.v1', {
        kind: 'query',
        key: undefined as never,
        schema: undefined as never,
        request: closed,
        reply: closed,
      }),
    ],
    handlers: [
      handler('books', 'subscribe', 'till.sold.v2'),
      handler('ledger', 'saga', 'till.sold.v1'),
      handler('till', 'handle', 'till.sell.v1'),
      handler('shop', 'send', 'till.sell.v1'),
      handler('shop', 'send', 'till.sell.v1'),
      handler('till', 'answer', 'till.price.v1'),
      handler('shop', 'ask', 'till.price.v1'),
    ],
  });

  it('is AsyncAPI 3.0', () => {
    expect([isAsyncApi(document), isAsyncApi.errors]).toEqual([true, null]);
    expect(isAsyncApi({ ...document, asyncapi: '2.6.0' })).toBe(false);
    expect(isAsyncApi({ ...document, operations: { sell: { action: 'sell' } } })).toBe(false);
  });

  it('says of every module what it sends and what it receives, and as which version', () => {
    const told = Object.entries(document.operations).map(([name, operation]) => {
      const { 'x-read-as': as } = operation as { 'x-read-as'?: string };
      return as ? `${name} as ${as}` : name;
    });
    expect(told.toSorted()).toEqual([
      'books.receive.till.sold.v1 as till.sold.v2',
      'books.receive.till.sold.v2',
      'ledger.receive.till.sold.v1',
      'shop.send.till.price.v1',
      'shop.send.till.sell.v1',
      'till.receive.till.price.v1',
      'till.receive.till.sell.v1',
      'till.send.till.sold.v1',
      'till.send.till.sold.v2',
    ]);
  });

  it('says of a message its payload, what orders it, and its envelope', () => {
    expect(document.components.messages['till.sold.v1']).toMatchObject({
      summary: 'It was sold.',
      'x-kind': 'event',
      'x-ordering-key': 'id',
      correlationId: { location: '$message.header#/correlationid' },
      payload: { $ref: '#/components/schemas/till.sold.v1' },
    });
    expect(document.components.schemas['till.sold.v1']).toMatchObject({
      required: ['id'],
      additionalProperties: false,
    });
    expect(document.components.schemas.CloudEvent).toMatchObject({
      required: expect.arrayContaining(['specversion', 'id', 'source', 'type', 'subject', 'time', 'correlationid']),
      properties: { traceparent: { type: 'string' }, sequence: { type: 'string' } },
    });
  });

  it('says of a question where its answer comes', () => {
    expect(document.operations['shop.send.till.price.v1']).toMatchObject({
      reply: {
        channel: { $ref: '#/channels/till.price.v1.reply' },
        messages: [{ $ref: '#/channels/till.price.v1.reply/messages/till.price.v1.reply' }],
      },
    });
    expect(document.channels['till.price.v1.reply']).toMatchObject({ address: null });
  });

  it('keeps what a schema refers to in itself, and tuples as AsyncAPI writes them', () => {
    const schema: JsonSchema = {
      type: 'object',
      properties: {
        net: { $ref: '#/$defs/Money' },
        inner: { $ref: '#' },
        pair: { type: 'array', prefixItems: [{ $ref: '#/$defs/Money' }], items: false },
      },
      $defs: { Money: { type: 'string' } },
    };
    const { components } = asyncApi({ title: 'shop', contracts: [message('till.sold.v1', { schema })], handlers: [] });
    expect(components.schemas['till.sold.v1']).toEqual({
      type: 'object',
      properties: {
        net: { $ref: '#/components/schemas/till.sold.v1.Money' },
        inner: { $ref: '#/components/schemas/till.sold.v1' },
        pair: {
          type: 'array',
          items: [{ $ref: '#/components/schemas/till.sold.v1.Money' }],
          additionalItems: false,
        },
      },
    });
    expect(components.schemas['till.sold.v1.Money']).toEqual({ type: 'string' });
  });
});

describe('the document of this project', () => {
  const document: Document = JSON.parse(readFileSync('docs/asyncapi.json', 'utf8'));

  it('is AsyncAPI 3.0, and every reference in it leads somewhere', () => {
    expect([isAsyncApi(document), isAsyncApi.errors]).toEqual([true, null]);
    const targets = [...JSON.stringify(document).matchAll(/"\$ref":"#\/([^"]+)"/g)].map(([, path = '']) => path);
    expect(targets.length).toBeGreaterThan(100);
    for (const path of new Set(targets))
      expect([path, at(document, path.split('/'))]).toEqual([path, expect.anything()]);
  });

  it('has every message, each with somebody who sends it, and every command and query with one who receives it', async () => {
    const { contracts } = await readContracts(process.cwd());
    const operations = Object.values(document.operations) as { action: string; channel: { $ref: string } }[];
    for (const { name, kind } of contracts) {
      const here = operations.filter(({ channel }) => channel.$ref === `#/channels/${name}`);
      const count = (action: string) => here.filter((each) => each.action === action).length;
      expect({ name, isSent: count('send') > 0 }).toEqual({ name, isSent: true });
      if (kind !== 'event') expect({ name, receivers: count('receive') }).toEqual({ name, receivers: 1 });
    }
    expect(Object.keys(document.components.messages).filter((name) => !name.endsWith('.reply'))).toEqual(
      contracts.map(({ name }) => name),
    );
  });
});

function at(document: unknown, path: readonly string[]): unknown {
  return path.reduce((part, name) => (part as Record<string, unknown> | undefined)?.[name], document);
}

import { z } from 'zod';
import { Envelope } from '#kernel/contract/envelope';
import type { ContractFound, JsonSchema } from '../system/read-contracts.js';
import type { HandlerFound } from '../system/read-handlers.js';

export interface Told {
  readonly title: string;
  readonly contracts: readonly ContractFound[];
  readonly handlers: readonly HandlerFound[];
}

/**
 * What passes between modules, as AsyncAPI 3.0: a channel a message, and for each module what it sends and receives there.
 * Source: AsyncAPI specification 3.0.0; CloudEvents 1.0.2, JSON event format.
 */
export function asyncApi({ title, contracts, handlers }: Told) {
  const inOrder = [...contracts].sort(byName);
  return {
    asyncapi: '3.0.0',
    info: { title, version: '1', description: DESCRIPTION },
    defaultContentType: 'application/json',
    channels: Object.fromEntries(inOrder.flatMap(channelsOf)),
    operations: Object.fromEntries(inOrder.flatMap((contract) => operationsOf(contract, inOrder, handlers))),
    components: {
      messages: Object.fromEntries(inOrder.flatMap(messagesOf)),
      schemas: Object.fromEntries<JsonSchema>([['CloudEvent', cloudEvent()], ...inOrder.flatMap(schemasOf)]),
    },
  };
}

const DESCRIPTION = `What the modules tell each other. The first word of a name is the module that owns it.

An event is a fact, sent by its owner to all who subscribe; a command is an instruction, received by its owner. Both travel as CloudEvents 1.0 in the JSON event format: the payload is what stands under \`data\`, the headers are the attributes beside it. Messages arrive in order per \`x-ordering-key\`, at least once; the \`id\` tells which have been taken. A query is asked of its owner and answered at once.

Payloads are closed for writers. Readers pass over properties that they do not know.`;

const REPLY = '.reply';

function channelsOf(contract: ContractFound): [string, object][] {
  const { name, kind } = contract;
  const channel = { address: name, title: titleOf(contract), messages: { [name]: ref('components/messages', name) } };
  if (kind !== 'query') return [[name, channel]];
  const reply = `${name}${REPLY}`;
  return [
    [name, channel],
    // Where an answer goes is told by whoever asks.
    [
      reply,
      {
        address: null,
        title: `${titleOf(contract)}, answered`,
        messages: { [reply]: ref('components/messages', reply) },
      },
    ],
  ];
}

function messagesOf(contract: ContractFound): [string, object][] {
  const { name, kind, meaning, key } = contract;
  const reply = `${name}${REPLY}`;
  const told = { name, title: titleOf(contract), ...(meaning === '' ? {} : { summary: meaning }) };
  if (kind === 'query')
    return [
      [name, { ...told, 'x-kind': kind, payload: ref('components/schemas', name) }],
      [reply, { name: reply, title: `${told.title}, answered`, payload: ref('components/schemas', reply) }],
    ];
  return [
    [
      name,
      {
        ...told,
        'x-kind': kind,
        'x-ordering-key': key,
        headers: {
          type: 'object',
          allOf: [ref('components/schemas', 'CloudEvent'), { properties: { type: { const: name } } }],
        },
        correlationId: { location: '$message.header#/correlationid' },
        payload: ref('components/schemas', name),
      },
    ],
  ];
}

interface Operation {
  readonly action: 'send' | 'receive';
  readonly module: string;
  /** The newer version that it is read as. */
  readonly readAs?: string;
}

function operationsOf(
  contract: ContractFound,
  contracts: readonly ContractFound[],
  handlers: readonly HandlerFound[],
): [string, object][] {
  const { name, kind } = contract;
  const receivers = [contract, ...newerThan(contract, contracts)].flatMap((version) =>
    modulesThat(TAKING, version, handlers).map(
      (module): Operation => ({ action: 'receive', module, readAs: version.name }),
    ),
  );
  const senders = kind === 'event' ? [contract.owner] : modulesThat(SENDING, contract, handlers);
  const operations = [...senders.map((module): Operation => ({ action: 'send', module })), ...receivers];
  return operations.map(({ action, module, readAs = name }) => [
    `${module}.${action}.${name}`,
    {
      action,
      title: `${module} ${action === 'send' ? 'sends' : 'receives'} ${titleOf(contract)}`,
      channel: ref('channels', name),
      messages: [ref(`channels/${name}/messages`, name)],
      ...(kind === 'query' ? { reply: replyOf(name) } : {}),
      'x-module': module,
      ...(readAs === name ? {} : { 'x-read-as': readAs }),
    },
  ]);
}

const TAKING: ReadonlySet<string> = new Set(['subscribe', 'handle', 'saga', 'answer']);
const SENDING: ReadonlySet<string> = new Set(['send', 'ask']);

function modulesThat(kinds: ReadonlySet<string>, contract: ContractFound, handlers: readonly HandlerFound[]): string[] {
  const { file, exportName } = contract;
  const found = handlers.filter(
    (handler) =>
      kinds.has(handler.kind) && handler.contract.file === file && handler.contract.exportName === exportName,
  );
  return [...new Set(found.map(({ module }) => module))].sort();
}

/** The versions as which this one is read too. */
function newerThan({ name }: ContractFound, contracts: readonly ContractFound[]): ContractFound[] {
  const next = contracts.find(({ upcasts }) => upcasts === name);
  return next ? [next, ...newerThan(next, contracts)] : [];
}

function replyOf(name: string): object {
  const reply = `${name}${REPLY}`;
  return { channel: ref('channels', reply), messages: [ref(`channels/${reply}/messages`, reply)] };
}

/** What stands beside `data`. */
function cloudEvent(): JsonSchema {
  const { $schema: _, ...schema } = z.toJSONSchema(Envelope.omit({ data: true }), { io: 'input' });
  return { title: 'The attributes of a CloudEvent, as seamline sends them', ...schema };
}

/** The payload's schema, and beside it what it refers to in itself, since here that would be looked for from the top. */
function schemasOf({ name, kind, schema, request, reply }: ContractFound): [string, JsonSchema][] {
  if (kind !== 'query') return movedTo(name, schema);
  return [...movedTo(name, request), ...movedTo(`${name}${REPLY}`, reply)];
}

function movedTo(name: string, { $schema: _, $defs = {}, ...schema }: JsonSchema = {}): [string, JsonSchema][] {
  const parts = Object.entries($defs as Record<string, JsonSchema>);
  const place = (target: string) =>
    target.replace(
      /^#(?:\/\$defs\/(.+))?$/,
      (_whole, part?: string) => `#/components/schemas/${part === undefined ? name : `${name}.${part}`}`,
    );
  const whole: [string, JsonSchema][] = [
    [name, schema],
    ...parts.map(([part, of]): [string, JsonSchema] => [`${name}.${part}`, of]),
  ];
  return whole.map(([at, of]) => [at, inDraft7(of, place) as JsonSchema]);
}

/** Which is what AsyncAPI understands: it writes tuples in another way. */
function inDraft7(part: unknown, place: (target: string) => string): unknown {
  if (Array.isArray(part)) return part.map((each) => inDraft7(each, place));
  if (typeof part !== 'object' || part === null) return part;
  const { prefixItems, items, $ref, ...rest } = part as JsonSchema;
  const tuple = prefixItems === undefined ? { items } : { items: prefixItems, additionalItems: items };
  const whole = { ...rest, ...tuple, $ref: typeof $ref === 'string' ? place($ref) : undefined };
  const told = Object.entries(whole).filter(([, value]) => value !== undefined);
  return Object.fromEntries(
    told.map(([keyword, value]) => [keyword, keyword === '$ref' ? value : inDraft7(value, place)]),
  );
}

function titleOf({ name }: ContractFound): string {
  return name
    .replace(/^[^.]+\./, '')
    .replace(/\.v\d+$/, (major) => (major === '.v1' ? '' : ` ${major.slice(1)}`))
    .replaceAll('-', ' ');
}

function ref(folder: string, name: string): { $ref: string } {
  return { $ref: `#/${folder}/${name}` };
}

function byName(one: ContractFound, other: ContractFound): number {
  return one.name < other.name ? -1 : 1;
}

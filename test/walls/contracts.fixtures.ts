import { z } from 'zod';
import { goldenFile, goldenText, revisionOf } from '#apps/cli/check/contracts/golden';
import { asyncApi } from '#apps/cli/contract/asyncapi';
import type { ContractFound, JsonSchema } from '#apps/cli/system/read-contracts';
import type { Files } from '../architecture/source-tree.js';
import type { Fixture } from './fixture.js';

type Kind = ContractFound['kind'];

const DEFINE = { event: 'defineEvent', command: 'defineCommand' } as const;

let modules = 0;
/** Of its own for every fixture, so that many of them can stand in one tree. */
const freshModule = (): string => `till-${++modules}`;

const IMPORTS = `import { z } from 'zod';
import { defineCommand, defineEvent } from '#kernel/contract/message';
import { defineQuery } from '#kernel/contract/query';
import { from } from '#kernel/contract/upcast';
`;

interface Declared {
  readonly name: string;
  /** As it stands in the source. */
  readonly schema: string;
  readonly kind?: 'event' | 'command';
  readonly key?: string;
  readonly constant?: string;
  /** Its last argument. */
  readonly options?: string;
}

const declared = ({ name, schema, kind = 'event', key = 'id', constant = 'Sold', options = '{}' }: Declared): string =>
  `/** It was sold. */\nexport const ${constant} = ${DEFINE[kind]}('${name}', '${key}', ${schema}, ${options});\n`;

const source = (...parts: readonly (Declared | string)[]): string =>
  `${IMPORTS}${parts.map((part) => (typeof part === 'string' ? part : declared(part))).join('')}`;

/** What zod's text says, as JSON Schema. */
function json(text: string): JsonSchema {
  const schema = new Function('z', `return ${text}`)(z) as z.ZodType;
  return z.toJSONSchema(schema, { target: 'draft-2020-12', io: 'input' }) as JsonSchema;
}

interface Kept {
  readonly kind?: Kind;
  readonly key?: string;
  readonly retired?: true;
}

/** The file of a released message, which said each of these in its turn. */
function released(name: string, schemas: readonly string[], { kind = 'event', key = 'id', retired }: Kept = {}): Files {
  const [module = ''] = name.split('.');
  const revisions = schemas.map((schema) => revisionOf({ schema: json(schema) } as ContractFound));
  return { [goldenFile(module, name)]: goldenText({ name, kind, key, ...(retired && { retired }), revisions }) };
}

function releasedQuery(name: string, asked: readonly (readonly [request: string, reply: string])[]): Files {
  const [module = ''] = name.split('.');
  const revisions = asked.map(([request, reply]) =>
    revisionOf({ request: json(request), reply: json(reply) } as ContractFound),
  );
  return { [goldenFile(module, name)]: goldenText({ name, kind: 'query', revisions }) };
}

const contract = (module: string, ...parts: readonly (Declared | string)[]): Files => ({
  [`src/modules/${module}/contract/sold.ts`]: source(...parts),
});

const PLAIN = 'z.strictObject({ id: z.string() })';
const grown = (schema: string): string => `${schema}.extend({ note: z.string().optional() })`;

/** Whoever changes a schema like this breaks somebody; whoever adds what may be absent does not. */
function breaking(form: string, before: string, after: string): Fixture {
  const module = freshModule();
  const name = `${module}.sold.v1`;
  return {
    rule: 'compatible-within-a-major',
    form,
    broken: { ...contract(module, { name, schema: after }), ...released(name, [before]) },
    clean: { ...contract(module, { name, schema: grown(before) }), ...released(name, [before, grown(before)]) },
  };
}

/** The same for a single property. */
const breakingProperty = (form: string, before: string, after: string): Fixture =>
  breaking(
    form,
    `z.strictObject({ id: z.string(), part: ${before} })`,
    `z.strictObject({ id: z.string(), part: ${after} })`,
  );

const BREAKS: readonly Fixture[] = [
  breaking('a required property that is new', PLAIN, 'z.strictObject({ id: z.string(), part: z.string() })'),
  breaking('a required property that is gone', 'z.strictObject({ id: z.string(), part: z.string() })', PLAIN),
  breaking(
    'an optional property that is gone',
    'z.strictObject({ id: z.string(), part: z.string().optional() })',
    PLAIN,
  ),
  breaking(
    'another name for a property',
    'z.strictObject({ id: z.string(), part: z.string() })',
    'z.strictObject({ id: z.string(), piece: z.string() })',
  ),
  breakingProperty('an optional property that is required', 'z.string().optional()', 'z.string()'),
  breakingProperty('a required property that is optional', 'z.string()', 'z.string().optional()'),
  breakingProperty('another type', 'z.string()', 'z.number()'),
  breakingProperty('whole numbers instead of any', 'z.number()', 'z.int()'),
  breakingProperty('a null that is new', 'z.string()', 'z.string().nullable()'),
  breakingProperty('a null that is gone', 'z.string().nullable()', 'z.string()'),
  breakingProperty('one more of an enumeration', 'z.enum(["a"])', 'z.enum(["a", "b"])'),
  breakingProperty('one less of an enumeration', 'z.enum(["a", "b"])', 'z.enum(["a"])'),
  breakingProperty('another literal', 'z.literal("a")', 'z.literal("b")'),
  breakingProperty('a longer text', 'z.string().max(40)', 'z.string().max(50)'),
  breakingProperty('a text that may not be empty', 'z.string()', 'z.string().min(1)'),
  breakingProperty('a lower bound', 'z.int().min(0)', 'z.int().min(1)'),
  breakingProperty('an upper bound that is gone', 'z.number().lt(10)', 'z.number()'),
  breakingProperty('another step', 'z.number().multipleOf(5)', 'z.number().multipleOf(10)'),
  breakingProperty('a longer list', 'z.array(z.string()).max(5)', 'z.array(z.string()).max(6)'),
  breakingProperty('another format', 'z.uuid()', 'z.ulid()'),
  breakingProperty('a format that is new', 'z.string()', 'z.url()'),
  breakingProperty('another pattern', 'z.string().regex(/^a/)', 'z.string().regex(/^b/)'),
  breakingProperty('another unit', 'z.int().meta({ "x-unit": "g" })', 'z.int().meta({ "x-unit": "kg" })'),
  breakingProperty('another default', 'z.int().default(1)', 'z.int().default(2)'),
  breakingProperty('a default that is new', 'z.int().optional()', 'z.int().default(1)'),
  breakingProperty('a list instead of one', 'z.string()', 'z.array(z.string())'),
  breakingProperty('another element, inside lists of objects', deep('z.string()'), deep('z.int()')),
  breakingProperty('a value of a record', 'z.record(z.string(), z.int())', 'z.record(z.string(), z.string())'),
  breakingProperty('a place of a tuple', 'z.tuple([z.int(), z.string()])', 'z.tuple([z.int(), z.int()])'),
  breakingProperty(
    'one more alternative',
    'z.union([z.string().max(3), z.int()])',
    'z.union([z.string().max(3), z.int(), z.null()])',
  ),
  breakingProperty('an alternative among objects', variants('z.string()'), variants('z.int()')),
  reservedName(),
  otherKind(),
  query('what is asked', [PLAIN, PLAIN], ['z.strictObject({ id: z.uuid() })', PLAIN]),
  query('what is answered', [PLAIN, PLAIN], [PLAIN, 'z.strictObject({ id: z.string(), part: z.string() })']),
];

function deep(schema: string): string {
  return `z.array(z.strictObject({ inner: z.array(z.strictObject({ leaf: ${schema} })) }))`;
}

function variants(schema: string): string {
  return `z.discriminatedUnion("is", [z.strictObject({ is: z.literal("a"), part: ${schema} }), z.strictObject({ is: z.literal("b") })])`;
}

/** It was there once, in a revision after which somebody lost it. */
function reservedName(): Fixture {
  const module = freshModule();
  const name = `${module}.sold.v1`;
  const before = 'z.strictObject({ id: z.string(), part: z.string().optional() })';
  const again = 'z.strictObject({ id: z.string(), part: z.int().optional() })';
  return {
    rule: 'compatible-within-a-major',
    form: 'a name that comes back and means something else',
    broken: { ...contract(module, { name, schema: again }), ...released(name, [before, PLAIN, again]) },
    clean: { ...contract(module, { name, schema: before }), ...released(name, [PLAIN, before]) },
  };
}

function otherKind(): Fixture {
  const module = freshModule();
  const name = `${module}.sell.v1`;
  const declaration = { name, schema: PLAIN, constant: 'Sell' };
  return {
    rule: 'compatible-within-a-major',
    form: 'a command that becomes an event',
    broken: { ...contract(module, { ...declaration, kind: 'event' }), ...released(name, [PLAIN], { kind: 'command' }) },
    clean: {
      ...contract(module, { ...declaration, kind: 'command' }),
      ...released(name, [PLAIN], { kind: 'command' }),
    },
  };
}

function query(
  form: string,
  before: readonly [request: string, reply: string],
  after: readonly [request: string, reply: string],
): Fixture {
  const module = freshModule();
  const name = `${module}.prospect.v1`;
  const asking = ([request, reply]: typeof before) =>
    contract(module, `export const Prospect = defineQuery('${name}', ${request}, ${reply});`);
  const [request, reply] = before;
  const more = [grown(request), grown(reply)] as const;
  return {
    rule: 'compatible-within-a-major',
    form,
    broken: { ...asking(after), ...releasedQuery(name, [before]) },
    clean: { ...asking(more), ...releasedQuery(name, [before, more]) },
  };
}

/** One message in one module, and the same with one thing about it that is wrong. */
function ofOne(
  rule: string,
  form: string,
  files: (module: string, name: string) => Pick<Fixture, 'broken' | 'clean'>,
): Fixture {
  const module = freshModule();
  return { rule, form, ...files(module, `${module}.sold.v1`) };
}

const healthy = (module: string, name: string): Files => ({
  ...contract(module, { name, schema: PLAIN }),
  ...released(name, [PLAIN]),
});

const unreadable = (form: string, text: string): Fixture =>
  ofOne('contract-can-be-read', form, (module, name) => ({
    broken: { ...healthy(module, name), [`src/modules/${module}/contract/more.ts`]: text },
    clean: { ...healthy(module, name), [`src/modules/${module}/contract/more.ts`]: 'export const more: number = 1;' },
  }));

const HIDDEN: readonly Fixture[] = [
  ofOne('contract-can-be-read', 'a message that is only a part of what is exported', (module, name) => {
    const all = source(`export const ALL = { more: [defineEvent('${module}.more.v1', 'id', ${PLAIN})] };`);
    const handedOn = "import { Sold } from './sold.js';\nexport const ALL = { more: [Sold] };";
    return {
      broken: { ...healthy(module, name), [`src/modules/${module}/contract/all.ts`]: all },
      clean: { ...healthy(module, name), [`src/modules/${module}/contract/all.ts`]: handedOn },
    };
  }),
  ...['mts', 'js'].map((ending) =>
    ofOne('contract-can-be-read', `a message in a .${ending} file`, (module, name) => {
      const more = source({ name: `${module}.more.v1`, schema: PLAIN, constant: 'More' });
      return {
        broken: { ...healthy(module, name), [`src/modules/${module}/contract/more.${ending}`]: more },
        clean: { ...healthy(module, name), [`src/modules/${module}/contract/testing/more.${ending}`]: more },
      };
    }),
  ),
];

const untold = (form: string, part: string, plain = 'z.string()'): Fixture =>
  ofOne('contract-says-it-all', form, (module, name) => {
    const schema = `z.strictObject({ id: z.string(), part: ${plain} })`;
    return {
      broken: {
        ...contract(module, { name, schema: `z.strictObject({ id: z.string(), part: ${part} })` }),
        ...released(name, [schema]),
      },
      clean: { ...contract(module, { name, schema }), ...released(name, [schema]) },
    };
  });

function upcaster(form: string, options: string): Fixture {
  const module = freshModule();
  const names = [`${module}.sold.v1`, `${module}.sold.v2`] as const;
  const schema = 'z.strictObject({ id: z.string(), part: z.int() })';
  const files = (given: string): Files => ({
    ...contract(
      module,
      { name: names[0], schema: PLAIN, constant: 'SoldV1' },
      { name: names[1], schema, options: given },
    ),
    ...released(names[0], [PLAIN]),
    ...released(names[1], [schema]),
  });
  return {
    rule: 'new-major-has-an-upcaster',
    form,
    broken: files(options),
    clean: files('{ upcasts: from(SoldV1, ({ id }) => ({ id, part: 1 })) }'),
  };
}

/** A third version, of which the second was never there; it may have come and gone. */
function skipping(): Fixture[] {
  const schema = 'z.strictObject({ id: z.string(), part: z.int() })';
  return (['beside the first one', 'after the first one was retired'] as const).map((form, index) =>
    ofOne('no-version-is-skipped', form, (module, name) => {
      const [second, third] = [`${module}.sold.v2`, `${module}.sold.v3`];
      const isGone = index > 0;
      const first: Declared = { name, schema: PLAIN, constant: 'SoldV1' };
      const files = {
        ...contract(module, ...(isGone ? [] : [first]), { name: third, schema }),
        ...released(name, [PLAIN], isGone ? { retired: true } : {}),
        ...released(third, [schema]),
      };
      return { broken: files, clean: { ...files, ...released(second, [PLAIN], { retired: true }) } };
    }),
  );
}

/** A reader that stays with the older version, and a publisher that has moved on. */
function leftBehind(): Fixture {
  const form = 'a reader of the version before';
  const { clean } = upcaster(form, '{ upcasts: from(SoldV1, ({ id }) => ({ id, part: 1 })) }');
  const module = Object.keys(clean)[0]?.split('/')[2];
  const files = (imported: string, work: string): Files => ({
    ...clean,
    [`src/modules/${module}/use-cases/sell.ts`]: `
      import { ${imported} } from '../contract/sold.js';
      export const sell = (tx, id) => ${work};`,
    [`src/modules/reader-of-${module}/subscriber.ts`]: `
      import { Subscribe } from '#kernel/messaging/subscriptions';
      import { SoldV1 } from '#modules/${module}/contract/sold';
      export class Reader { @Subscribe(SoldV1) sold() {} }`,
  });
  return {
    rule: 'older-version-is-still-published',
    form,
    broken: files('Sold', 'tx.publish(Sold, { id, part: 1 })'),
    clean: files('Sold, SoldV1', 'tx.publishBoth([Sold, { id, part: 1 }], [SoldV1, { id }])'),
  };
}

/** One document for the tree, so these cannot stand beside others. */
function document(): Fixture {
  const module = freshModule();
  const name = `${module}.sold.v1`;
  const found: ContractFound = {
    module,
    file: `src/modules/${module}/contract/sold.ts`,
    exportName: 'Sold',
    line: 6,
    kind: 'event',
    name,
    owner: module,
    key: 'id',
    schema: json(PLAIN),
    meaning: 'It was sold.',
    untold: [],
  };
  const told = asyncApi({ title: 'seamline', contracts: [found], handlers: [] });
  const files = (text: object): Files => ({ ...healthy(module, name), 'docs/asyncapi.json': JSON.stringify(text) });
  return {
    rule: 'documents-are-fresh',
    form: 'a document in which a channel is missing',
    broken: files({ ...told, channels: {} }),
    clean: files(told),
  };
}

export const FIXTURES: readonly Fixture[] = [
  ...BREAKS,
  unreadable('an error while it is loaded', "throw new Error('no such thing');"),
  unreadable('an import that leads nowhere', "import '#kernel/contract/nothing';"),
  unreadable('what is no TypeScript', 'export const = 1;'),
  unreadable('an end to the program', 'process.exit(0);'),
  unreadable('waiting for what never happens', 'await new Promise(() => undefined);'),
  unreadable(
    'what JSON cannot hold',
    "import { z } from 'zod'; import { defineEvent } from '#kernel/contract/message';\nexport const Late = defineEvent('till.late.v1', 'id', z.strictObject({ id: z.string(), at: z.date() }));",
  ),
  unreadable(
    'an open payload',
    "import { z } from 'zod'; import { defineEvent } from '#kernel/contract/message';\nexport const Late = defineEvent('till.late.v1', 'id', z.object({ id: z.string() }));",
  ),
  unreadable(
    'a name of another form',
    "import { z } from 'zod'; import { defineEvent } from '#kernel/contract/message';\nexport const Late = defineEvent('TillLate', 'id', z.strictObject({ id: z.string() }));",
  ),
  ...HIDDEN,
  untold('a refinement', 'z.string().refine(() => true)'),
  untold('a transform', 'z.string().transform((text) => text.length)'),
  untold('a change of the text', 'z.string().trim()'),
  untold('a coercion', 'z.coerce.string()'),
  untold('flags of a pattern', 'z.string().regex(/^a/i)'),
  untold('options of a format', 'z.url({ hostname: /example/ })'),
  untold('an open object', 'z.object({ leaf: z.string() })', 'z.strictObject({ leaf: z.string() })'),
  untold('alternatives that exclude each other', 'z.xor([z.string(), z.int()])', 'z.union([z.string(), z.int()])'),
  untold('a part that is both', 'z.intersection(z.string(), z.string())'),
  untold('a catch', 'z.string().catch("x")'),
  untold('a rule in a note', 'z.string().meta({ minLength: 3 })'),
  ofOne('every-keyword-is-known', 'a keyword of their own', (module, name) => {
    const noted = (note: string) => `z.strictObject({ id: z.string(), part: z.int().meta({ "${note}": "g" }) })`;
    const files = (note: string): Files => ({
      ...contract(module, { name, schema: noted(note) }),
      ...released(name, [noted(note)]),
    });
    return { broken: files('x-colour'), clean: files('x-unit') };
  }),
  ofOne('every-keyword-is-known', 'alternatives that no property tells apart', (module, name) => {
    const inner = (a: string, b: string) =>
      `z.discriminatedUnion("kind", [z.strictObject({ kind: z.literal("${a}") }), z.strictObject({ kind: z.literal("${b}") })])`;
    const files = (whole: string): Files => {
      const schema = `z.strictObject({ id: z.string(), part: ${whole} })`;
      return { ...contract(module, { name, schema }), ...released(name, [schema]) };
    };
    const nested = `z.discriminatedUnion("kind", [${inner('a', 'b')}, ${inner('c', 'd')}])`;
    return { broken: files(nested), clean: files(`z.union([${inner('a', 'b')}, ${inner('c', 'd')}])`) };
  }),
  ofOne('every-keyword-is-known', 'a keyword in what was released', (module, name) => {
    const golden = (more: object): Files => {
      const schema = {
        type: 'object',
        properties: { id: { type: 'string', ...more } },
        required: ['id'],
        additionalProperties: false,
      };
      return { [goldenFile(module, name)]: goldenText({ name, kind: 'event', key: 'id', revisions: [{ schema }] }) };
    };
    return { broken: { ...healthy(module, name), ...golden({ uniqueItems: true }) }, clean: healthy(module, name) };
  }),
  ofOne('message-belongs-to-its-module', 'the name of another module', (module, name) => ({
    broken: {
      ...healthy(module, name),
      [`src/modules/${module}/contract/more.ts`]: source({ name: 'sellers.sold.v1', schema: PLAIN }),
    },
    clean: healthy(module, name),
  })),
  ofOne('message-belongs-to-its-module', 'a name that only begins alike', (module, name) => ({
    broken: {
      ...healthy(module, name),
      [`src/modules/${module}/contract/more.ts`]: source({ name: `${module}0.sold.v1`, schema: PLAIN }),
    },
    clean: healthy(module, name),
  })),
  ofOne('message-is-declared-once', 'one name in two files', (module, name) => ({
    broken: {
      ...healthy(module, name),
      [`src/modules/${module}/contract/twin.ts`]: source({ name, schema: PLAIN, constant: 'Twin' }),
    },
    clean: {
      ...healthy(module, name),
      [`src/modules/${module}/contract/index.ts`]: "export { Sold, Sold as Again } from './sold.js';",
    },
  })),
  ofOne('message-is-released', 'one that was never released', (module, name) => ({
    broken: contract(module, { name, schema: PLAIN }),
    clean: healthy(module, name),
  })),
  ofOne('message-is-released', 'a property more than was released', (module, name) => ({
    broken: { ...contract(module, { name, schema: grown(PLAIN) }), ...released(name, [PLAIN]) },
    clean: { ...contract(module, { name, schema: grown(PLAIN) }), ...released(name, [PLAIN, grown(PLAIN)]) },
  })),
  ofOne('key-is-kept', 'another key', (module, name) => {
    const schema = 'z.strictObject({ id: z.string(), shop: z.string() })';
    return {
      broken: { ...contract(module, { name, schema, key: 'shop' }), ...released(name, [schema]) },
      clean: { ...contract(module, { name, schema }), ...released(name, [schema]) },
    };
  }),
  ofOne('released-message-is-kept', 'a contract that is gone', (_module, name) => ({
    broken: released(name, [PLAIN]),
    clean: released(name, [PLAIN], { retired: true }),
  })),
  ofOne('released-message-is-kept', 'a contract that gave way to its next version', (module, name) => {
    const next = `${module}.sold.v2`;
    const schema = 'z.strictObject({ id: z.uuid() })';
    const files = { ...contract(module, { name: next, schema }), ...released(next, [schema]) };
    return {
      broken: { ...files, ...released(name, [PLAIN]) },
      clean: { ...files, ...released(name, [PLAIN], { retired: true }) },
    };
  }),
  ofOne('retired-name-stays-reserved', 'a retired name', (module, name) => ({
    broken: { ...contract(module, { name, schema: PLAIN }), ...released(name, [PLAIN], { retired: true }) },
    clean: {
      ...contract(module, { name: `${module}.resold.v1`, schema: PLAIN }),
      ...released(`${module}.resold.v1`, [PLAIN]),
      ...released(name, [PLAIN], { retired: true }),
    },
  })),
  upcaster('a second version with none', '{}'),
  ...skipping(),
  leftBehind(),
  ofOne('golden-is-untouched', 'a bound that was edited in it', (module, name) => {
    const [[file, text] = ['', '']] = Object.entries(released(name, [PLAIN]));
    return {
      broken: { ...healthy(module, name), [file]: String(text).replace('"type": "string"', '"type": "number"') },
      // How it is laid out says nothing.
      clean: { ...healthy(module, name), [file]: JSON.stringify(JSON.parse(String(text))) },
    };
  }),
  ofOne('golden-is-untouched', 'what is no JSON, as after a merge', (module, name) => ({
    broken: { ...healthy(module, name), [goldenFile(module, name)]: '<<<<<<< HEAD\n{}' },
    clean: healthy(module, name),
  })),
  ofOne('golden-is-untouched', 'another name for the file', (module, name) => ({
    broken: {
      ...healthy(module, name),
      [goldenFile(module, `${module}.told.v1`)]: Object.values(released(name, [PLAIN]))[0] ?? '',
    },
    clean: { ...healthy(module, name), [`src/modules/${module}/contract/released/README.md`]: 'What was released.' },
  })),
  document(),
];

import fc from 'fast-check';
import { z } from 'zod';

/** A schema that can be written in zod, filled with values, and changed in every way in which a person would. */
export interface Tree {
  readonly zod: () => z.ZodType;
  /** What the closed schema takes, as JSON. */
  readonly values: () => fc.Arbitrary<unknown>;
  readonly changes: () => Change[];
  /** One of its changes, at a place that the number tells. */
  readonly changed: (which: number) => Tree;
}

export interface Change {
  readonly kind: 'adds an optional property' | 'anything else';
  readonly tree: Tree;
}

const NAMES = ['a', 'b', 'c', 'd', 'e', 'f', 'toString'] as const;

function tree(zod: () => z.ZodType, values: () => fc.Arbitrary<unknown>, changes: () => Change[]): Tree {
  const itself: Tree = {
    zod,
    values,
    changes,
    changed: (which) => {
      const all = changes();
      return all[which % Math.max(1, all.length)]?.tree ?? itself;
    },
  };
  return itself;
}

const otherwise = (changed: Tree): Change => ({ kind: 'anything else', tree: changed });

/** Each of the changes of a part, as a change of the whole. */
const inside = (part: Tree, whole: (part: Tree) => Tree): Change[] =>
  part.changes().map(({ kind, tree: changed }) => ({ kind, tree: whole(changed) }));

/** Schemas without parts: any of them instead of another is a change. */
const leaf = (zod: () => z.ZodType, values: () => fc.Arbitrary<unknown>, others: () => Tree[]): Tree =>
  tree(zod, values, () => others().map(otherwise));

interface Text {
  readonly min?: number;
  readonly max?: number;
}

const text = ({ min = 0, max = 9 }: Text = {}): Tree =>
  leaf(
    () => z.string().min(min).max(max),
    () => fc.string({ minLength: min, maxLength: max }),
    () => [...(min < max ? [text({ min: min + 1, max })] : []), text({ min, max: max + 1 }), count(), z1('x'), id],
  );

const count = (min = 0, max = 5, unit?: string): Tree =>
  leaf(
    () => (unit ? z.int().min(min).max(max).meta({ 'x-unit': unit }) : z.int().min(min).max(max)),
    () => fc.integer({ min, max }),
    () => [count(min - 1, max, unit), count(min, max + 1, unit), count(min, max, `${unit}x`), number, text()],
  );

const number: Tree = leaf(
  () => z.number(),
  () => fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => value || 0),
  () => [count(), text()],
);

const id: Tree = leaf(
  () => z.uuid(),
  () => fc.uuid(),
  () => [text(), count()],
);

const flag: Tree = leaf(
  () => z.boolean(),
  () => fc.boolean(),
  () => [text(), z1('true')],
);

/** A literal. */
const z1 = (value: string | number): Tree =>
  leaf(
    () => z.literal(value),
    () => fc.constant(value),
    () => [z1(`${value}!`), one(String(value), 'other'), text()],
  );

/** An enumeration. */
const one = (...of: [string, ...string[]]): Tree =>
  leaf(
    () => z.enum(of),
    () => fc.constantFrom(...of),
    () => [one(...of, 'more'), z1(of[0]), text()],
  );

const nothing: Tree = leaf(
  () => z.null(),
  () => fc.constant(null),
  () => [text(), flag],
);

const nullable = (inner: Tree): Tree =>
  tree(
    () => inner.zod().nullable(),
    () => fc.option(inner.values(), { freq: 3 }),
    () => [otherwise(inner), ...inside(inner, nullable)],
  );

const list = (element: Tree, min = 0, max = 3): Tree =>
  tree(
    () => z.array(element.zod()).min(min).max(max),
    () => fc.array(element.values(), { minLength: min, maxLength: max }),
    () => [
      ...(min < max ? [otherwise(list(element, min + 1, max))] : []),
      ...[list(element, min, max + 1), tuple(element), element].map(otherwise),
      ...inside(element, (changed) => list(changed, min, max)),
    ],
  );

const tuple = (...items: [Tree, ...Tree[]]): Tree =>
  tree(
    () => z.tuple(items.map((item) => item.zod()) as [z.ZodType]),
    () => fc.tuple(...items.map((item) => item.values())),
    () => [
      otherwise(tuple(...items, text())),
      ...items.flatMap((item, n) => inside(item, (changed) => tuple(...(items.with(n, changed) as [Tree])))),
    ],
  );

const record = (value: Tree): Tree =>
  tree(
    () => z.record(z.string(), value.zod()),
    () => fc.dictionary(fc.constantFrom(...NAMES), value.values(), { maxKeys: 3, noNullPrototype: true }),
    () => [otherwise(list(value)), ...inside(value, record)],
  );

const either = (...options: [Tree, Tree, ...Tree[]]): Tree =>
  tree(
    () => z.union(options.map((option) => option.zod()) as [z.ZodType, z.ZodType]),
    () => fc.oneof(...options.map((option) => option.values())),
    () => [
      otherwise(either(...options, z1('another'))),
      otherwise(options[0]),
      ...options.flatMap((option, n) => inside(option, (now) => either(...(options.with(n, now) as [Tree, Tree])))),
    ],
  );

interface Part {
  readonly tree: Tree;
  readonly presence: 'required' | 'optional' | 'default';
  /** What it is by default; it stays when the schema grows. */
  readonly fallback: unknown;
}
type Parts = Readonly<Record<string, Part>>;

const object = (parts: Parts): Tree & { readonly zod: () => z.ZodObject } => {
  const entries = Object.entries(parts);
  const zod = () => z.strictObject(Object.fromEntries(entries.map(([name, part]) => [name, property(part)])));
  const values = () =>
    fc.record(Object.fromEntries(entries.map(([name, part]) => [name, part.tree.values()])), {
      requiredKeys: entries.filter(([, { presence }]) => presence === 'required').map(([name]) => name),
      noNullPrototype: true,
    });
  const whole = tree(zod, values, () => [...added(parts), ...entries.flatMap(([name]) => changesAt(parts, name))]);
  return { ...whole, zod };
};

function property({ tree: part, presence, fallback }: Part): z.ZodType {
  if (presence === 'required') return part.zod();
  return presence === 'optional' ? part.zod().optional() : part.zod().default(fallback as never);
}

const partOf = (part: Tree, presence: Part['presence']): Part => ({
  tree: part,
  presence,
  fallback: fc.sample(part.values(), { numRuns: 1, seed: 1 })[0],
});

function added(parts: Parts): Change[] {
  const fresh = NAMES.find((name) => !Object.hasOwn(parts, name));
  if (fresh === undefined) return [];
  const withPart = (part: Tree, presence: Part['presence']) => object({ ...parts, [fresh]: partOf(part, presence) });
  const inner = object({ a: partOf(text(), 'required') });
  return [
    ...[text(), count(), inner, list(inner)].map(
      (part): Change => ({
        kind: 'adds an optional property',
        tree: withPart(part, 'optional'),
      }),
    ),
    { kind: 'adds an optional property', tree: withPart(count(), 'default') },
    otherwise(withPart(text(), 'required')),
  ];
}

function changesAt(parts: Parts, name: string): Change[] {
  const part = parts[name] as Part;
  const { [name]: _, ...others } = parts;
  const fresh = NAMES.find((other) => !Object.hasOwn(parts, other));
  const put = (now: Part) => object({ ...parts, [name]: now });
  const presences = (['required', 'optional', 'default'] as const).filter((presence) => presence !== part.presence);
  return [
    otherwise(object(others)),
    ...(fresh === undefined ? [] : [otherwise(object({ ...others, [fresh]: part }))]),
    ...presences.map((presence) => otherwise(put({ ...part, presence }))),
    ...inside(part.tree, (now) => put({ ...part, tree: now })),
  ];
}

/** Objects that a property tells apart. */
const variants = (...options: [Parts, Parts]): Tree =>
  tree(
    () => {
      const objects = options.map((parts, n) => withTag(parts, n).zod());
      return z.discriminatedUnion('is', objects as never);
    },
    () => fc.oneof(...options.map((parts, n) => withTag(parts, n).values())),
    () =>
      options.flatMap((parts, n) =>
        added(parts).map(({ kind }, which) => ({
          kind,
          tree: variants(...(options.with(n, partsAfter(parts, which)) as [Parts, Parts])),
        })),
      ),
  );

const withTag = (parts: Parts, n: number) => object({ is: partOf(z1(`v${n}`), 'required'), ...parts });

/** The same additions as `added` makes, as parts. */
function partsAfter(parts: Parts, which: number): Parts {
  const fresh = NAMES.find((name) => !Object.hasOwn(parts, name)) as string;
  const inner = object({ a: partOf(text(), 'required') });
  const additions: Part[] = [
    ...[text(), count(), inner, list(inner)].map((part) => partOf(part, 'optional')),
    partOf(count(), 'default'),
    partOf(text(), 'required'),
  ];
  return { ...parts, [fresh]: additions[which] as Part };
}

const leaves = fc.constantFrom<Tree>(
  text(),
  text({ max: 3 }),
  count(),
  count(1, 3, 'g'),
  number,
  id,
  flag,
  nothing,
  z1('x'),
  z1(7),
  one('x', 'y'),
);

const PRESENCES = fc.constantFrom('required' as const, 'optional' as const, 'default' as const);

const { node, parts } = fc.letrec<{ node: Tree; parts: Parts; inner: Tree }>((tie) => ({
  node: fc.oneof({ depthSize: 'small', withCrossShrink: true }, leaves, tie('inner')),
  inner: fc.oneof(
    tie('node').map((element) => list(element)),
    tie('node').map(nullable),
    tie('node').map(record),
    fc.tuple(tie('node'), tie('node')).map(([first, second]) => tuple(first, second)),
    fc.tuple(tie('node'), tie('node')).map(([first, second]) => either(first, second)),
    tie('parts').map(object),
    fc.tuple(tie('parts'), tie('parts')).map(([first, second]) => variants(first, second)),
  ),
  parts: fc.dictionary(
    fc.constantFrom('a', 'b', 'c'),
    fc.tuple(tie('node'), PRESENCES).map(([part, presence]) => partOf(part, presence)),
    { maxKeys: 3, noNullPrototype: true },
  ) as fc.Arbitrary<Parts>,
}));

const tinyParts = fc.dictionary(
  fc.constantFrom('a', 'b'),
  fc
    .tuple(
      fc.oneof(
        fc.constantFrom<Tree>(text(), text({ max: 3 }), count(), nullable(text()), one('x', 'y'), z1('x')),
        node.map((inner) => list(inner)),
      ),
      PRESENCES,
    )
    .map(([part, presence]) => partOf(part, presence)),
  { maxKeys: 2, noNullPrototype: true },
) as fc.Arbitrary<Parts>;

/** Payloads. */
export const trees = { objects: parts.map(object), tinyObjects: tinyParts.map(object) };

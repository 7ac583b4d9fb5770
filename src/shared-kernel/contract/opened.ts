import { z } from 'zod';

type Schema = z.core.$ZodType;

/** The same schema, with every object in it open: what a reader of another's JSON should hold it to. */
export function opened<Closed extends z.ZodType>(schema: Closed): z.ZodType<z.output<Closed>> {
  return openedAny(schema, new Map()) as unknown as z.ZodType<z.output<Closed>>;
}

/** @param known what has been opened, and, as undefined, what is being opened: a schema may hold itself */
function openedAny(schema: Schema, known: Map<Schema, Schema | undefined>): Schema {
  const before = known.get(schema);
  if (before) return before;
  if (known.has(schema)) return z.lazy(() => known.get(schema) as z.ZodType);
  known.set(schema, undefined);
  const open = reopened(schema, (part) => openedAny(part, known));
  known.set(schema, open);
  return open;
}

function reopened(schema: Schema, open: (part: Schema) => Schema): Schema {
  if (schema instanceof z.ZodObject) {
    const shape = Object.fromEntries(Object.entries(schema.def.shape).map(([key, part]) => [key, open(part)]));
    return schema.clone({ ...schema.def, shape, catchall: z.unknown() });
  }
  if (schema instanceof z.ZodArray) return schema.clone({ ...schema.def, element: open(schema.def.element) });
  if (schema instanceof z.ZodTuple) {
    const { items, rest } = schema.def;
    return schema.clone({ ...schema.def, items: items.map(open), rest: rest && open(rest) } as never);
  }
  if (schema instanceof z.ZodRecord) return schema.clone({ ...schema.def, valueType: open(schema.def.valueType) });
  if (schema instanceof z.ZodUnion) return schema.clone({ ...schema.def, options: schema.def.options.map(open) });
  if (schema instanceof z.ZodLazy) return open(schema.def.getter());
  if (
    schema instanceof z.ZodOptional ||
    schema instanceof z.ZodNullable ||
    schema instanceof z.ZodDefault ||
    schema instanceof z.ZodReadonly
  )
    return schema.clone({ ...schema.def, innerType: open(schema.def.innerType) } as never);
  return schema;
}

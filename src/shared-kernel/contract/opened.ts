import { z } from 'zod';

/** The same schema, with every object in it open: what a reader of another's JSON should hold it to. */
export function opened<Schema extends z.ZodType>(schema: Schema): z.ZodType<z.output<Schema>> {
  return openedAny(schema) as unknown as z.ZodType<z.output<Schema>>;
}

function openedAny(schema: z.core.$ZodType): z.core.$ZodType {
  if (schema instanceof z.ZodObject) {
    const shape = Object.fromEntries(Object.entries(schema.def.shape).map(([key, part]) => [key, openedAny(part)]));
    return schema.clone({ ...schema.def, shape, catchall: z.unknown() });
  }
  if (schema instanceof z.ZodArray) return schema.clone({ ...schema.def, element: openedAny(schema.def.element) });
  if (schema instanceof z.ZodRecord) return schema.clone({ ...schema.def, valueType: openedAny(schema.def.valueType) });
  if (schema instanceof z.ZodUnion) return schema.clone({ ...schema.def, options: schema.def.options.map(openedAny) });
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodNullable)
    return schema.clone({ ...schema.def, innerType: openedAny(schema.def.innerType) } as never);
  return schema;
}

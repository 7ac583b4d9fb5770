/** JSON as it may be sent, which is more than JSON.stringify would ever write: `1e999`, `-0`, one member twice. */
export class Verbatim {
  constructor(readonly text: string) {}
}

export type Json = null | boolean | number | string | Verbatim | Json[] | { [name: string]: Json };

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Verbatim);
}

export function jsonText(value: Json): string {
  if (value instanceof Verbatim) return value.text;
  if (Array.isArray(value)) return `[${value.map(jsonText).join(',')}]`;
  if (!isRecord(value)) return JSON.stringify(value);
  return `{${Object.entries(value)
    .map(([name, member]) => `${JSON.stringify(name)}:${jsonText(member)}`)
    .join(',')}}`;
}

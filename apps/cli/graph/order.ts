/** By code units, so that the order is the same on every machine, whatever its language. */
export function byName<Named extends { readonly name: string }>(a: Named, b: Named): number {
  return byText(a.name, b.name);
}

export function byText(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

/** Each once, in order. */
export function inOrder(names: readonly string[]): string[] {
  return [...new Set(names)].sort(byText);
}

/** "Did you mean …?" for a name with a slip in it, else all the names there are. */
export function suggestion(given: string, names: readonly string[]): string {
  const near = names.filter((name) => distance(given.toLowerCase(), name) <= Math.max(1, Math.floor(name.length / 4)));
  if (near.length > 0) return `Did you mean ${near.map((name) => `"${name}"`).join(' or ')}?`;
  return names.length > 0 ? `There are: ${[...names].sort().join(', ')}.` : 'There are none.';
}

/** Letters to put in, leave out or change. Source: V. I. Levenshtein, 1966; by rows, as R. A. Wagner and M. J. Fischer have it. */
function distance(one: string, other: string): number {
  let row = Array.from({ length: other.length + 1 }, (_, n) => n);
  for (const [i, letter] of [...one].entries()) {
    const next = [i + 1];
    for (let j = 0; j < other.length; j++) {
      const changed = (row[j] as number) + (letter === other[j] ? 0 : 1);
      next.push(Math.min(changed, (row[j + 1] as number) + 1, (next[j] as number) + 1));
    }
    row = next;
  }
  return row[other.length] as number;
}

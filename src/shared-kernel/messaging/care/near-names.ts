/** More slips than this make it another name. */
const MOST_SLIPS = 3;

/** "Did you mean …?" for a name with a slip in it, else all the names there are. */
export function suggestion(given: string, names: readonly string[]): string {
  const slips = names.map((name) => ({ name, slips: distance(given.toLowerCase(), name) }));
  const fewest = Math.min(...slips.map((each) => each.slips));
  const near = slips.filter((each) => each.slips === fewest && isNear(each));
  if (near.length > 0) return `Did you mean ${near.map(({ name }) => `"${name}"`).join(' or ')}?`;
  return names.length > 0 ? `There are: ${[...names].sort().join(', ')}.` : 'There are none.';
}

function isNear({ name, slips }: { name: string; slips: number }): boolean {
  return slips <= Math.min(MOST_SLIPS, Math.floor(name.length / 3));
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

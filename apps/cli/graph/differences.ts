/** Beyond, a line says more than anybody reads. In characters. */
const LONGEST = 200;

/** The lines that would go (`-`) and come (`+`); none when both are the same. */
export function differences(before: string, after: string): string[] {
  if (before === after) return [];
  const [written, fresh] = [before.split('\n'), after.split('\n')];
  const [old, now] = [new Set(written), new Set(fresh)];
  const removed = written.filter((line) => !now.has(line)).map((line) => cut(`- ${line}`));
  const added = fresh.filter((line) => !old.has(line)).map((line) => cut(`+ ${line}`));
  return removed.length + added.length > 0
    ? [...removed, ...added]
    : ['  only blank lines, or the order of lines, differ'];
}

function cut(line: string): string {
  return line.length <= LONGEST ? line : `${line.slice(0, LONGEST)}…`;
}

const DOCUMENTED = /\/\*\*((?:(?!\*\/)[\s\S])*)\*\/\s*export const (\w+)/g;
const CONTRACT = /['"](?:#modules\/|(?:\.\.\/)+)([\w-]+)\/contract\/([\w-]+)(?:\.js)?['"]/g;

/** What the comment right above each exported constant says, on one line. */
export function meaningsIn(source: string): Map<string, string> {
  return new Map([...source.matchAll(DOCUMENTED)].map(([, comment = '', name = '']) => [name, oneLine(comment)]));
}

function oneLine(comment: string): string {
  return comment
    .split('\n')
    .map((line) => line.replace(/^\s*\*?\s?/, '').trim())
    .join(' ')
    .trim();
}

/** The contract files of other modules that a source imports, as `orders/order-placed`. */
export function usesOfContracts(source: string): string[] {
  return [...source.matchAll(CONTRACT)].map(([, module, file]) => `${module}/${file}`);
}

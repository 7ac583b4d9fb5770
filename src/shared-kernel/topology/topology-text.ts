/** Why a text holds no topology, as what is to be said of its file: `is no JSON: …`. */
export class UnreadableTopology extends Error {
  constructor(
    reason: string,
    /** From 1. */
    readonly line: number,
  ) {
    super(`${reason} on line ${line}`);
  }
}

/** What the text of a topology says, whatever it is. @throws UnreadableTopology for what is no JSON, or says a thing twice */
export function topologyIn(text: string): unknown {
  // Editors of Windows begin with it.
  const json = text.replace(/^\uFEFF/, '');
  const topology = parsed(json);
  mustSayOnce(json);
  return topology;
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch (error) {
    const { message } = error as Error;
    const [, reason = message] = /^(.+?)(?:(?: in JSON)? at position|, (?:\.\.\.)?")/s.exec(message) ?? [];
    throw new UnreadableTopology(`is no JSON: ${reason}`, lineOfFault(json, message));
  }
}

/** The engine names it for some faults only. Any other is on the first line with which the text is wrong, whatever follows. */
function lineOfFault(json: string, message: string): number {
  const named = /\(line (\d+) /.exec(message)?.[1];
  if (named !== undefined) return Number(named);
  const lines = json.split('\n');
  const at = lines.findIndex((_, n) => hasWrongToken(lines.slice(0, n + 1).join('\n')));
  return at < 0 ? lines.length : at + 1;
}

function hasWrongToken(json: string): boolean {
  try {
    JSON.parse(json);
    return false;
  } catch (error) {
    return (error as Error).message.startsWith('Unexpected token');
  }
}

/** A name or a brace of what is JSON; strings that are no names are passed by whole, since they may hold either. */
const TOKEN = /("(?:[^"\\]|\\.)*")\s*:|"(?:[^"\\]|\\.)*"|[{}]/g;

/** JSON.parse takes the last of them, and loses the others without a word. */
function mustSayOnce(json: string): void {
  const open: Set<string>[] = [];
  for (const { 0: token, 1: name, index } of json.matchAll(TOKEN)) {
    if (token === '{') open.push(new Set());
    if (token === '}') open.pop();
    if (name === undefined) continue;
    const names = open.at(-1);
    if (names?.has(JSON.parse(name)))
      throw new UnreadableTopology(`says ${name} twice in one place, again`, json.slice(0, index).split('\n').length);
    names?.add(JSON.parse(name));
  }
}

import { createInterface } from 'node:readline/promises';

/** Who reads and answers; a test puts its own in place. */
export interface Terminal {
  /** Where lines are cut; undefined where nothing is, as in a file or a pipe. */
  readonly columns: number | undefined;
  print(text: string): void;
  /** Undefined where nobody can answer. */
  readonly ask: ((question: string) => Promise<string>) | undefined;
  exit(code: number): void;
}

/** Where a command runs; a test has a terminal and an environment of its own. */
export interface Surroundings {
  readonly env: NodeJS.ProcessEnv;
  readonly terminal: Terminal;
}

/** The one that this process was called from. */
export const theTerminal: Terminal = {
  get columns() {
    return process.stdout.isTTY ? process.stdout.columns : undefined;
  },
  print(text) {
    if (process.stdout.listenerCount('error', passOverClosed) === 0) process.stdout.on('error', passOverClosed);
    process.stdout.write(`${text}\n`);
  },
  get ask() {
    return process.stdin.isTTY && process.stderr.isTTY ? askOnStderr : undefined;
  },
  exit(code) {
    process.exitCode = code;
  },
};

/** Whoever reads may have seen enough: `seamline messages lag | head`. */
function passOverClosed(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPIPE') throw error;
}

async function askOnStderr(question: string): Promise<string> {
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return await lines.question(question);
  } finally {
    lines.close();
  }
}

/** What others wrote, fit for a terminal: nothing in it moves the cursor, colours the screen or turns the text around. */
export function harmless(text: string): string {
  return text.replace(/\s+/g, ' ').replace(/[\p{Cc}\p{Cf}]/gu, '\u{FFFD}');
}

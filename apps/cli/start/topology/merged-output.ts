import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { styleText } from 'node:util';

const COLOURS = ['cyan', 'green', 'magenta', 'yellow', 'blue', 'red'] as const;

/** What several processes say, line by line, with the name of each before it. */
export class MergedOutput {
  private readonly paused = new Set<Readable>();

  private constructor(
    private readonly out: Writable,
    private readonly heads: ReadonlyMap<string, string>,
    /** Makes a line of the log readable; it may become several. */
    private readonly rendered: (line: string) => string,
  ) {
    const goOn = () => {
      for (const stream of this.paused) stream.resume();
      this.paused.clear();
    };
    // A reader that has gone away must not hold up those who write.
    for (const event of ['drain', 'error', 'close']) out.on(event, goOn);
  }

  /** On a terminal the names have colours, and what processes log as JSON is made readable, as one process alone does. */
  static async to(out: NodeJS.WriteStream, names: readonly string[]): Promise<MergedOutput> {
    const width = Math.max(...names.map(({ length }) => length));
    const heads = names.map((name, n) => {
      const head = `${name.padEnd(width)} |`;
      return [
        name,
        out.isTTY ? styleText(COLOURS[n % COLOURS.length] ?? 'cyan', head, { stream: out }) : head,
      ] as const;
    });
    const rendered = out.isTTY
      ? (await import('pino-pretty')).prettyFactory({ colorize: true })
      : (line: string) => line;
    return new MergedOutput(out, new Map(heads), rendered);
  }

  /** Takes over what a process writes. */
  take(name: string, stream: Readable): void {
    createInterface({ input: stream, crlfDelay: Number.POSITIVE_INFINITY }).on('line', (line) => {
      if (this.tell(name, line) || !this.out.writable) return;
      stream.pause();
      this.paused.add(stream);
    });
  }

  /** False when whoever reads is behind. */
  tell(name: string, line: string): boolean {
    const head = this.heads.get(name) ?? `${name} |`;
    const lines = this.rendered(line).replace(/\n$/, '').split('\n');
    return this.out.write(`${lines.map((each) => `${head} ${each}`).join('\n')}\n`);
  }
}

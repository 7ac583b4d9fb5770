export interface Screen {
  isTTY?: boolean | undefined;
  write(text: string): unknown;
}

export interface Phase {
  step(): void;
  end(): void;
}

const LIVE_EVERY_MS = 100;
const PLAIN_EVERY_MS = 5_000;
const CLEAR_LINE = '\r\u001b[2K';

/** One live line a phase on a terminal; elsewhere (a log, a pipe) a plain line every few seconds. */
export class Progress {
  private current = '';

  constructor(private readonly screen: Screen) {}

  phase(name: string, total: number): Phase {
    const started = performance.now();
    let done = 0;
    let shownAt = started;
    const every = this.screen.isTTY ? LIVE_EVERY_MS : PLAIN_EVERY_MS;
    const count = () => `${name} ${done}/${total}`;
    return {
      step: () => {
        done++;
        if (performance.now() - shownAt < every) return;
        shownAt = performance.now();
        this.show(count());
      },
      end: () => this.finish(`${count()} in ${((performance.now() - started) / 1000).toFixed(1)} s`),
    };
  }

  /** A sentence between the progress lines. */
  say(sentence: string): void {
    if (this.current === '') this.screen.write(`${sentence}\n`);
    else this.screen.write(`${CLEAR_LINE}${sentence}\n${this.current}`);
  }

  /** Leaves the cursor on a line of its own, whatever was being shown. */
  stop(): void {
    if (this.current !== '') this.finish(this.current);
  }

  private show(text: string): void {
    if (!this.screen.isTTY) {
      this.screen.write(`${text}\n`);
      return;
    }
    this.current = text;
    this.screen.write(`${CLEAR_LINE}${text}`);
  }

  private finish(text: string): void {
    this.screen.write(this.screen.isTTY ? `${CLEAR_LINE}${text}\n` : `${text}\n`);
    this.current = '';
  }
}

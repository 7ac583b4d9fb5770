import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Progress } from './progress.js';

let written: string;
const screen = (isTTY: boolean) => ({ isTTY, write: (text: string) => (written += text) });

beforeEach(() => {
  written = '';
  jest.useFakeTimers({ now: 0 });
});

afterEach(() => {
  jest.useRealTimers();
});

function work(progress: Progress, steps: number, msEach: number): void {
  const phase = progress.phase('orders', steps);
  for (let step = 0; step < steps; step++) {
    jest.advanceTimersByTime(msEach);
    phase.step();
  }
  phase.end();
}

describe('progress', () => {
  it('rewrites one line on a terminal, and leaves it standing at the end', () => {
    work(new Progress(screen(true)), 3, 60);
    expect(written).toBe('\r\u001b[2Korders 2/3\r\u001b[2Korders 3/3 in 0.2 s\n');
  });

  it('writes a plain line every few seconds elsewhere', () => {
    work(new Progress(screen(false)), 3, 3_000);
    expect(written).toBe('orders 2/3\norders 3/3 in 9.0 s\n');
  });

  it('puts a sentence above the live line', () => {
    const progress = new Progress(screen(true));
    const phase = progress.phase('orders', 9);
    jest.advanceTimersByTime(200);
    phase.step();
    written = '';
    progress.say('The server does not answer.');
    expect(written).toBe('\r\u001b[2KThe server does not answer.\norders 1/9');
  });
});

import { describe, expect, it } from '@jest/globals';
import { replayCommand } from './replay.js';

function parse(...args: string[]): { values: Record<string, unknown>; complaint: string } {
  let complaint = '';
  const command = replayCommand()
    .exitOverride()
    .configureOutput({ writeErr: (text) => (complaint += text) })
    .action(() => {});
  try {
    command.parse(['orders.csv', ...args], { from: 'user' });
  } catch {
    // the complaint says it
  }
  return { values: command.opts(), complaint };
}

describe('the options of seamline replay', () => {
  it('need none to be given', () => {
    expect(parse().values).toEqual({ url: 'http://localhost:3000', concurrency: 8, timeout: 120, strict: false });
  });

  it('take what is given', () => {
    const args = [
      '--url',
      'https://shop.example/api/',
      '--rate',
      '2.5',
      '--concurrency',
      '32',
      '--timeout',
      '5',
      '--strict',
    ];
    expect(parse(...args).values).toEqual({
      url: 'https://shop.example/api',
      rate: 2.5,
      concurrency: 32,
      timeout: 5,
      strict: true,
    });
  });

  it.each([
    ['--url', 'localhost:3000', 'Give an address like http://localhost:3000.'],
    ['--url', 'ftp://shop', 'Give an address like http://localhost:3000.'],
    ['--rate', '0', 'Give a number above 0.'],
    ['--rate', 'fast', 'Give a number above 0.'],
    ['--concurrency', '1.5', 'Give a whole number from 1 to 256.'],
    ['--concurrency', '1000', 'Give a whole number from 1 to 256.'],
    ['--timeout', '-1', 'Give a number above 0.'],
  ])('refuse %s %s', (option, value, sentence) => {
    expect(parse(option, value).complaint).toContain(sentence);
  });
});

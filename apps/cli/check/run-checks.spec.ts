import { describe, expect, it } from '@jest/globals';
import { UserError } from '../user-error.js';
import { type Check, runChecks } from './run-checks.js';

const fine: Check = async () => ({ problems: 0, report: 'nothing to see' });
const wrong: Check = async () => ({ problems: 2, report: 'a.ts is wrong\nb.ts is wrong\n' });
const unable: Check = async () => {
  throw new UserError('tsc is not installed.', 'Run "npm ci".');
};

async function check(checks: Record<string, Check>, fix = false) {
  const printed: string[] = [];
  const isClean = await runChecks(checks, { fix }, (line) => printed.push(line));
  return { isClean, output: printed.join('\n').replace(/\d+\.\d s/g, 'N s') };
}

describe('the checks', () => {
  it('are clean when nothing is wrong, and then only say so', async () => {
    expect(await check({ format: fine, types: fine })).toEqual({
      isClean: true,
      output: '\nformat        ok            N s\ntypes         ok            N s',
    });
  });

  it('all run and all report, also after one that found something and one that could not run', async () => {
    const { isClean, output } = await check({ format: wrong, types: unable, docs: fine });
    expect(isClean).toBe(false);
    expect(output.split('\n')).toEqual([
      '',
      'format',
      '──────',
      'a.ts is wrong',
      'b.ts is wrong',
      '',
      'types',
      '─────',
      'tsc is not installed. Run "npm ci".',
      '',
      'format        2 wrong       N s',
      'types         1 wrong       N s',
      'docs          ok            N s',
    ]);
  });

  it('fix one after the other, so that what one mends the next one reads', async () => {
    const events: string[] = [];
    const slow = (name: string): Check => {
      return async ({ fix }) => {
        events.push(`${name} ${fix ? 'fixes' : 'looks'}`);
        await new Promise((resolve) => setTimeout(resolve, 5));
        events.push(`${name} ends`);
        return fine({ fix });
      };
    };
    await check({ format: slow('format'), docs: slow('docs') }, true);
    expect(events).toEqual(['format fixes', 'format ends', 'docs fixes', 'docs ends']);
  });
});

import { describe, expect, it } from '@jest/globals';
import { Passwords } from './passwords.js';

const PASSWORD = 'correct horse battery';

describe('passwords', () => {
  const passwords = new Passwords();

  it('are hashed by argon2id at the cost that OWASP recommends, each with a salt of its own', async () => {
    const [one, two] = await Promise.all([passwords.hash(PASSWORD), passwords.hash(PASSWORD)]);
    expect(one).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
    expect(two).not.toBe(one);
  });

  it('match their hash and no other', async () => {
    const hash = await passwords.hash(PASSWORD);
    expect(await passwords.match(PASSWORD, hash)).toBe(true);
    expect(await passwords.match(`${PASSWORD}!`, hash)).toBe(false);
    expect(await passwords.match(PASSWORD, undefined)).toBe(false);
  });

  it('take as long to refuse where there is no account', async () => {
    const hash = await passwords.hash(PASSWORD);
    const known = await quickestOf(5, () => passwords.match('wrong', hash));
    const unknown = await quickestOf(5, () => passwords.match('wrong', undefined));
    expect(unknown / known).toBeGreaterThan(0.5);
    expect(unknown / known).toBeLessThan(2);
  });
});

/** In milliseconds; the quickest, as other work on the machine only ever adds. */
async function quickestOf(times: number, work: () => Promise<unknown>): Promise<number> {
  let quickest = Number.POSITIVE_INFINITY;
  for (let time = 0; time < times; time++) {
    const begin = performance.now();
    await work();
    quickest = Math.min(quickest, performance.now() - begin);
  }
  return quickest;
}

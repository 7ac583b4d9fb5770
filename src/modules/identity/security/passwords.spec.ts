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
    let known = Number.POSITIVE_INFINITY;
    let unknown = Number.POSITIVE_INFINITY;
    // The quickest of several, as other work on the machine only ever adds.
    for (let time = 0; time < 8; time++) {
      known = Math.min(known, await duration(passwords.match('wrong', hash)));
      unknown = Math.min(unknown, await duration(passwords.match('wrong', undefined)));
    }
    expect(unknown).toBeGreaterThan(known / 4);
  });
});

/** In milliseconds. */
async function duration(work: Promise<unknown>): Promise<number> {
  const begin = performance.now();
  await work;
  return performance.now() - begin;
}

import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { SignInLimits } from './sign-in-limits.js';

const MINUTE = 60_000;
const HOME = '192.0.2.7';
const AWAY = '198.51.100.1';

describe('the limits of sign-in', () => {
  let limits: SignInLimits;

  beforeEach(() => {
    jest.useFakeTimers();
    limits = new SignInLimits();
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  const fail = async (times: number, email: string, network: string) => {
    for (let time = 0; time < times; time++) await limits.failed(email, network);
  };
  const isOpen = (email: string, network: string) =>
    limits.mustHaveFailuresLeft(email, network).then(
      () => true,
      () => false,
    );

  it('close an account after ten failures, from wherever they came, for a quarter of an hour', async () => {
    await fail(5, 'ada', HOME);
    await fail(4, 'ada', AWAY);
    expect(await isOpen('ada', '203.0.113.9')).toBe(true);
    await fail(1, 'ada', '203.0.113.8');
    expect(await isOpen('ada', '203.0.113.9')).toBe(false);
    expect(await isOpen('grace', HOME)).toBe(true);
    jest.advanceTimersByTime(15 * MINUTE);
    expect(await isOpen('ada', HOME)).toBe(true);
  });

  it('say when to come back', async () => {
    await fail(10, 'ada', HOME);
    jest.advanceTimersByTime(5 * MINUTE);
    await expect(limits.mustHaveFailuresLeft('ada', HOME)).rejects.toMatchObject({
      kind: 'too-many',
      retryAfterSeconds: 600,
    });
  });

  it('do not let strangers lock out an owner from where they signed in before', async () => {
    await limits.succeeded('ada', HOME);
    await fail(10, 'ada', AWAY);
    expect(await isOpen('ada', AWAY)).toBe(false);
    expect(await isOpen('ada', HOME)).toBe(true);
  });

  it('leave strangers none the more guesses when the owner succeeds', async () => {
    await limits.succeeded('ada', HOME);
    await fail(10, 'ada', AWAY);
    await limits.succeeded('ada', HOME);
    expect(await isOpen('ada', AWAY)).toBe(false);
  });

  it('hold for places known to the account too', async () => {
    await limits.succeeded('ada', HOME);
    await fail(10, 'ada', HOME);
    expect(await isOpen('ada', HOME)).toBe(false);
  });

  it('forgive the failures of an account that a success follows', async () => {
    await fail(9, 'ada', HOME);
    for (let round = 0; round < 2; round++) {
      await limits.succeeded('ada', HOME);
      await fail(9, 'ada', HOME);
      expect(await isOpen('ada', HOME)).toBe(true);
    }
  });

  it('forgive those of strangers when one of them turns out to be the owner', async () => {
    await fail(9, 'ada', HOME);
    await limits.succeeded('ada', HOME);
    await fail(9, 'ada', AWAY);
    expect(await isOpen('ada', AWAY)).toBe(true);
  });

  it('close a network after a hundred failures, whose successes forgive none of them', async () => {
    for (let account = 0; account < 99; account++) await fail(1, `account ${account}`, HOME);
    await limits.succeeded('own', HOME);
    expect(await isOpen('ada', HOME)).toBe(true);
    await fail(1, 'grace', HOME);
    expect(await isOpen('ada', HOME)).toBe(false);
    expect(await isOpen('ada', AWAY)).toBe(true);
  });

  it('allow a network 600 attempts a minute, successful or not', async () => {
    for (let attempt = 0; attempt < 600; attempt++) await limits.countAttempt(HOME);
    await expect(limits.countAttempt(HOME)).rejects.toMatchObject({ kind: 'too-many', retryAfterSeconds: 60 });
    await limits.countAttempt(AWAY);
    jest.advanceTimersByTime(MINUTE);
    await limits.countAttempt(HOME);
  });
});

import { describe, expect, it } from '@jest/globals';
import { makePlan, POINTS } from './plan.js';

const WISHES = { seed: 7, kills: 48, workers: 3, duration: 60_000 };

describe('a plan of faults', () => {
  it('is the same for the same seed, and another for another', () => {
    expect(makePlan(WISHES)).toEqual(makePlan(WISHES));
    expect(makePlan({ ...WISHES, seed: 8 })).not.toEqual(makePlan(WISHES));
  });

  it('hits workers as often as it was told to, at every point, within its time', () => {
    const plan = makePlan(WISHES);
    const hits = plan.filter((fault) => 'worker' in fault);
    expect(hits).toHaveLength(WISHES.kills);
    expect(new Set(hits.map(({ moment }) => moment?.point))).toEqual(new Set([...POINTS, undefined]));
    expect(plan.every(({ at }) => at >= 0 && at < WISHES.duration)).toBe(true);
  });

  it('has something of every kind', () => {
    expect(new Set(makePlan(WISHES).map(({ kind }) => kind))).toEqual(new Set(['kill', 'freeze', 'cut', 'crash']));
  });
});

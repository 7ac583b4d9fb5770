import { beforeEach, describe, expect, it } from '@jest/globals';
import { Outage } from './outage.js';

describe('an outage', () => {
  let said: string[];
  let minutes: number;
  let outage: Outage;

  beforeEach(() => {
    said = [];
    minutes = 0;
    const log = { log: (line: string) => said.push(line), warn: (line: string) => said.push(line) };
    outage = new Outage('billing takes messages again.', log, () => minutes * 60_000);
  });

  const complaint = 'billing has not taken 2 message(s)';

  it('is told once, and then once a minute', () => {
    for (minutes = 0; minutes < 2; minutes += 0.25) outage.lasts(complaint);
    expect(said).toEqual([complaint, complaint]);
  });

  it('is told to be over, once and only where it was told', () => {
    outage.isOver();
    outage.lasts(complaint);
    outage.isOver();
    outage.isOver();
    expect(said).toEqual([complaint, 'billing takes messages again.']);
  });

  it('that comes and goes is told no more often', () => {
    for (minutes = 0; minutes < 0.9; minutes += 0.1) {
      outage.lasts(complaint);
      outage.isOver();
    }
    expect(said).toEqual([complaint, 'billing takes messages again.']);
  });
});

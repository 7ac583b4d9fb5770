import { describe, expect, it } from '@jest/globals';
import { changeable, MOST_PIECES, mustAllow, visible } from './stock.js';

const some = { sku: 'A', stocked: true, onHand: 5, reserved: 2 };
const post = { sku: 'POST', stocked: false, onHand: 0, reserved: 0 };

describe('stock', () => {
  it.each([3, 1, MOST_PIECES - 5, -3])('may change by %d', (change) => {
    expect(() => mustAllow(some, change)).not.toThrow();
  });

  it.each([-4, -MOST_PIECES])('may not change by %d: some of it is reserved', (change) => {
    expect(() => mustAllow(some, change)).toThrow('Only 3 of "A" may be taken away');
  });

  it('may not become more than can be counted', () => {
    expect(() => mustAllow(some, MOST_PIECES - 4)).toThrow('cannot be counted');
  });

  it('is unknown, or not kept, to whoever asks for it or changes it', () => {
    const kindOf = (refusing: () => unknown) => {
      try {
        return refusing();
      } catch (error) {
        return (error as { kind: string }).kind;
      }
    };
    expect(kindOf(() => visible('A', undefined))).toBe('not-found');
    expect(kindOf(() => visible('POST', post))).toBe('not-found');
    expect(kindOf(() => changeable('A', undefined))).toBe('not-found');
    expect(kindOf(() => changeable('POST', post))).toBe('unprocessable');
    expect(kindOf(() => changeable('A', some))).toBe(some);
  });
});

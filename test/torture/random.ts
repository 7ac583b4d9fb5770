/** Numbers that look random and are the same for the same seed. */
export interface Random {
  /** From 0 up to, but not including, 1. */
  next(): number;
  /** A whole number from 0 up to, but not including, `end`. */
  below(end: number): number;
  between(low: number, high: number): number;
  chance(probability: number): boolean;
  shuffled<Item>(items: readonly Item[]): Item[];
}

export function seeded(seed: number): Random {
  const next = mulberry32(seed);
  const below = (end: number) => Math.floor(next() * end);
  return {
    next,
    below,
    between: (low, high) => low + next() * (high - low),
    chance: (probability) => next() < probability,
    shuffled: (items) => {
      const dealt = [...items];
      for (let i = dealt.length - 1; i > 0; i--) {
        const j = below(i + 1);
        [dealt[i], dealt[j]] = [dealt[j] as never, dealt[i] as never];
      }
      return dealt;
    },
  };
}

/** Tommy Ettinger's generator with 32 bits of state: small, even, and the same on every machine. */
function mulberry32(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

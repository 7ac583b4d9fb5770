/**
 * A wait drawn evenly from 0 to `base · 2^(failures-1)`, at most `cap`, in milliseconds; 0 before any failure.
 * Full jitter keeps those who failed together from coming back together.
 * Source: Marc Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015.
 */
export function fullJitter(failures: number, base: number, cap: number, random: () => number = Math.random): number {
  if (failures <= 0) return 0;
  return Math.round(random() * Math.min(cap, base * 2 ** Math.min(failures - 1, 30)));
}

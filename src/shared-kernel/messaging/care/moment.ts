import { z } from 'zod';

const UNITS = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;
const DURATION = /^(\d{1,6})([smhd])$/;
const IsoTime = z.iso.datetime({ offset: true }).or(z.iso.date());

export const MOMENT_HINT = 'must be a time such as 2026-03-01T09:30:00Z, or how long ago: 90s, 15m, 2h, 7d';

/** A moment as people write it: a time in ISO 8601, a date (its beginning, in UTC), or how long before `now`. */
export function momentOf(text: string, now: Date): Date | undefined {
  const [, count, unit] = DURATION.exec(text) ?? [];
  const date =
    count === undefined ? isoTime(text) : new Date(now.getTime() - Number(count) * UNITS[unit as keyof typeof UNITS]);
  const year = date?.getUTCFullYear() ?? 0;
  return year >= 1 && year <= 9999 ? date : undefined;
}

function isoTime(text: string): Date | undefined {
  return IsoTime.safeParse(text).success ? new Date(text) : undefined;
}

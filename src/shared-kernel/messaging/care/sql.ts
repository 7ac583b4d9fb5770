import { IS_BEHIND, IS_HELD_UP, IS_PAUSED } from '../parked.js';

/** A time as the views have it, exact to the microsecond, so that it can also be the place where a page ends. */
export function time(expression: string): string {
  return `to_char(${expression} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`;
}

/** What keeps the parked message `p` from being taken: the conditions under which the waiting room claims one. */
export const WAITS_FOR = `case
    when ${IS_PAUSED} then 'pause'
    when ${IS_BEHIND} then 'earlier-message'
    when ${IS_HELD_UP} then 'dead-letter'
    when p.due_at > now() then 'time'
    else 'turn' end`;

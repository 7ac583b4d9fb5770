/** A time as the views have it, exact to the microsecond, so that it can also be the place where a page ends. */
export function time(expression: string): string {
  return `to_char(${expression} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`;
}

/** What keeps the parked message `p` from being taken. Mirrors the conditions under which the waiting room claims one. */
export const WAITS_FOR = `case
    when exists (select 1 from pause w where coalesce(w.type, p.type) = p.type and coalesce(w.key, p.key) = p.key)
      then 'pause'
    when exists (select 1 from parked e where e.source = p.source and e.key = p.key and e.seq < p.seq)
      then 'earlier-message'
    when exists (select 1 from dead_letter d
                  where d.source = p.source and d.key = p.key and d.seq < p.seq and d.holds_key) then 'dead-letter'
    when p.due_at > now() then 'time'
    else 'turn' end`;

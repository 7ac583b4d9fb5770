/** Rows that a subscriber's cursor has not passed; `s` is the subscriber, `c` its cursor, `o` the row. */
export const UNACKNOWLEDGED = `
  select s.name as subscriber, o.* from subscriber s
    join lateral (
      select distinct on (p.partition) p.* from relay_position p
       where p.subscriber = s.name order by p.partition, p.move desc) c on true
    join outbox o on o.partition = c.partition and o.type = any (s.types)
     and (o.id > c.floor or o.xid = any (array(select pg_snapshot_xip(c.s1))))
   where not pg_visible_in_snapshot(o.xid, c.s1)
     and not (c.s2 is not null and pg_visible_in_snapshot(o.xid, c.s2) and o.id <= c.last_id)`;

const PENDING = `
  not pg_visible_in_snapshot(xid, c.s1)
  and not (c.s2 is not null and pg_visible_in_snapshot(xid, c.s2) and id <= c.last_id)`;

/**
 * Rows that a subscriber's cursor has not passed, with the subscriber. In two branches, as a window is read: the fresh
 * ones from the cursor's floor on, the late ones by their transactions (`+ 0` keeps the planner from the other index).
 */
export const UNACKNOWLEDGED = `
  select s.name as subscriber, o.* from subscriber s
    cross join relay r
    cross join lateral (
      select p.* from relay_position p
       where p.subscriber = s.name and p.partition = r.partition order by p.move desc limit 1) c
    cross join lateral (
      select * from outbox
       where partition = c.partition and id > c.floor and xid >= pg_snapshot_xmax(c.s1) and ${PENDING}
      union all
      select * from outbox
       where partition + 0 = c.partition and xid = any (array(select pg_snapshot_xip(c.s1))) and ${PENDING}) o
   where o.type = any (s.types)`;

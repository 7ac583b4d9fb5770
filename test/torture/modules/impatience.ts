/**
 * Shortens the waits of a module's parked messages: the next try comes within 0.3 s, where it may take minutes, and a
 * claim runs out after 5 s instead of a minute, so that whoever is frozen with one in its hand loses it.
 */
export const IMPATIENCE = [
  `create function hurry() returns trigger language plpgsql as $$
   begin
     new.due_at := least(new.due_at,
       now() + case when new.attempts > old.attempts then interval '5 s' else random() * interval '0.3 s' end);
     return new;
   end $$`,
  'create trigger impatience before update on parked for each row execute function hurry()',
];

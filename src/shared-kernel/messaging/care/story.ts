import { DomainError } from '../../contract/domain-error.js';
import { type Envelope, sourceModule } from '../../contract/envelope.js';
import { slotOf } from '../inbox.js';
import { withoutShape } from '../intake.js';
import { isRecord } from '../is-record.js';
import { partitionOf } from '../outbox.js';
import { UNACKNOWLEDGED } from '../unacknowledged.js';
import type { ModuleDatabase, ModuleUnderCare, Queries } from './module-under-care.js';
import { time, WAITS_FOR } from './sql.js';
import { ModuleNotUsable, readAll, unreadable } from './unusable.js';
import type { MessageStory } from './views.js';

type Place = MessageStory['waiting'][number];

interface PlaceRow extends Omit<Place, 'subscriber' | 'behind'> {
  envelope: Envelope;
  source: string;
  key: string;
  seq: string;
}

/** No module has the message, though some may have taken it. */
export class UnknownMessage extends DomainError {
  constructor(
    id: string,
    readonly takenBy: readonly string[],
  ) {
    const known =
      takenBy.length > 0
        ? `${takenBy.join(' and ')} took it, and its source retains it no more.`
        : 'It may have been published longer ago than history is retained, and taken since.';
    super('not-found', 'unknown-message', `No module has a message ${id}. ${known}`);
  }
}

/**
 * One message, whole, and where it is: in the history of its source, in inboxes, and wherever it waits. Reads a source's
 * history from end to end, since nothing but care asks for a message by its id.
 * @throws UnknownMessage when no module has it; ModuleNotUsable when none that can be read has
 */
export async function storyOf(modules: readonly ModuleUnderCare[], id: string): Promise<MessageStory> {
  const { found: told, failures } = await readAll(modules.map(({ database }) => tellingOf(database, id)));
  const published = told.flatMap((each) => each.published)[0];
  const places = told.flatMap((each) => each.places);
  const takenBy = told.filter(({ isTaken }) => isTaken).map(({ module }) => module);
  const envelope = published?.envelope ?? places[0]?.envelope;
  if (envelope === undefined) throw failures[0] ? notFoundIn(id, failures[0]) : new UnknownMessage(id, takenBy);
  return {
    id,
    envelope,
    source: published?.module ?? sourceModule(envelope),
    partition: published?.partition ?? partitionOf(envelope.subject),
    retained: published !== undefined,
    awaitedBy: told.flatMap((each) => each.awaitedBy),
    takenBy,
    waiting: places.map(({ place }) => place),
    unreadable: unreadable(failures),
  };
}

async function tellingOf(database: ModuleDatabase, id: string) {
  const { module } = database;
  const [published, awaitedBy, inbox, rows] = await Promise.all([
    database.query<{ envelope: unknown; partition: number }>(
      'select envelope, partition from outbox where event_id = $1',
      [id],
    ),
    database.query<{ subscriber: string }>(
      `select distinct subscriber from (${UNACKNOWLEDGED}) every where event_id = $1 order by 1`,
      [id],
    ),
    database.query('select 1 from inbox where slot = $1 and event_id = $2 limit 1', [slotOf(id), id]),
    database.query<PlaceRow>(WAITING, [id]),
  ]);
  return {
    module,
    published: published.map(({ envelope, partition }) => ({
      envelope: isRecord(envelope) ? (envelope as Envelope) : withoutShape(envelope, module),
      module,
      partition,
    })),
    awaitedBy: awaitedBy.map(({ subscriber }) => subscriber),
    isTaken: inbox.length > 0,
    places: await Promise.all(rows.map((row) => placeOf(database, row))),
  };
}

const WAITING = `
  select 'parked' as state, ${time('parked_at')} as since, ${time('due_at')} as "dueAt", attempts, reason,
         ${WAITS_FOR} as "waitsFor", envelope, source, key, seq from parked p where event_id = $1::uuid
  union all
  select 'dead', ${time('died_at')}, null, attempts, reason, null, envelope, source, key, seq
    from dead_letter where event_id = $1::uuid
  union all
  select 'delayed', null, ${time('due_at')}, 0, null, 'time', envelope, substr(envelope ->> 'source', 2),
         envelope ->> 'subject', null from delayed where envelope ->> 'id' = $1::uuid::text`;

async function placeOf(database: ModuleDatabase, { envelope, source, key, seq, ...row }: PlaceRow) {
  const behind = row.state === 'parked' ? await whatStandsBefore(database, source, key, seq) : [];
  return { envelope, place: { subscriber: database.module, ...row, behind } };
}

function whatStandsBefore(module: Queries, source: string, key: string, seq: string): Promise<Place['behind']> {
  return module.query(
    `select id, type, state from (
       select event_id as id, type, 'parked' as state, seq from parked where source = $1 and key = $2 and seq < $3
       union all
       select event_id, type, 'dead', seq from dead_letter where source = $1 and key = $2 and seq < $3 and holds_key) earlier
      order by seq limit 10`,
    [source, key, seq],
  );
}

function notFoundIn(id: string, { module, message }: ModuleNotUsable): ModuleNotUsable {
  return new ModuleNotUsable(module, `No module that can be read has a message ${id}. ${message}`);
}

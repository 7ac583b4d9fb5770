import { z } from 'zod';

/** What care for messages answers: the same for the command line and for HTTP. */

const Time = z.iso.datetime().describe('in UTC, to the microsecond where the database tells it');
const Count = z.int().min(0);

/** Of one partition of keys, or of all of them. */
const Backlog = z.object({
  waiting: Count.describe('messages that the subscriber has not acknowledged'),
  oldestAt: Time.nullable().describe('when the oldest of them was published'),
  oldestSeconds: z.number().nullable().describe("how long ago that is, by the database's clock"),
  replays: Count.describe('replays and redeliveries that are still to be sent'),
});
export type Backlog = z.infer<typeof Backlog>;

export const Unreadable = z
  .array(
    z.object({
      module: z.string(),
      problem: z.string().describe('what keeps it from being read, and how to mend that'),
    }),
  )
  .describe('modules of which something is missing in this answer; empty when all is well');
export type Unreadable = z.infer<typeof Unreadable>;

const Pause = z.object({ type: z.string().nullable(), key: z.string().nullable(), since: Time });
export type Pause = z.infer<typeof Pause>;

export const Lag = z.object({
  subscriptions: z.array(
    Backlog.extend({
      source: z.string(),
      subscriber: z.string(),
      runs: z.boolean().describe('false: registered once, and no module takes its messages now'),
      partitions: z.array(Backlog.extend({ partition: z.int() })),
    }),
  ),
  modules: z.array(
    z.object({
      module: z.string(),
      parked: Count,
      dead: Count,
      delayed: Count,
      pauses: z.array(Pause),
    }),
  ),
  unreadable: Unreadable,
});
export type Lag = z.infer<typeof Lag>;

const SetAside = z.object({
  id: z.uuid(),
  subscriber: z.string(),
  source: z.string(),
  type: z.string(),
  key: z.string(),
  attempts: Count,
});

export const DeadLetter = SetAside.extend({
  reason: z.string(),
  diedAt: Time,
  holdsKey: z.boolean().describe('later messages of its key wait until it is retried or discarded'),
});
export type DeadLetter = z.infer<typeof DeadLetter>;

const WaitsFor = z
  .enum(['pause', 'earlier-message', 'dead-letter', 'time', 'turn'])
  .describe(
    'a pause to be lifted, an earlier message of its key, a dead letter of its key, its next try, or only its turn',
  );

export const ParkedMessage = SetAside.extend({
  reason: z.string().nullable().describe('of its last failure; null where it only stands behind another'),
  parkedAt: Time,
  dueAt: Time,
  waitsFor: WaitsFor,
});
export type ParkedMessage = z.infer<typeof ParkedMessage>;

const Place = z.object({
  subscriber: z.string(),
  state: z.enum(['parked', 'dead', 'delayed']),
  since: Time.nullable(),
  dueAt: Time.nullable().describe('when it is tried next; null for a dead letter'),
  attempts: Count,
  reason: z.string().nullable(),
  waitsFor: WaitsFor.nullable(),
  behind: z
    .array(z.object({ id: z.uuid(), type: z.string(), state: z.enum(['parked', 'dead']) }))
    .describe('what stands before it in its key, the next first; at most ten'),
});

export const MessageStory = z.object({
  id: z.uuid(),
  envelope: z.record(z.string(), z.unknown()).describe('the whole message'),
  source: z.string(),
  partition: z.int(),
  retained: z.boolean().describe('still in the history of its source, so that a replay can send it'),
  awaitedBy: z.array(z.string()).describe('subscribers that have not acknowledged it'),
  takenBy: z.array(z.string()).describe('subscribers that have it in their inbox: handled, or set aside there'),
  waiting: z.array(Place),
  unreadable: Unreadable,
});
export type MessageStory = z.infer<typeof MessageStory>;

export const Retried = z.object({
  dead: Count.describe('dead letters put back in their places'),
  parked: Count.describe('parked messages that need not wait for their time any more'),
});
export type Retried = z.infer<typeof Retried>;

export const Discarded = z.object({
  discarded: Count,
  left: Count.describe(
    'that match too, and that somebody is at work on: of parked ones a handler, so pause their key and discard again when its try has ended',
  ),
});
export type Discarded = z.infer<typeof Discarded>;

export const Resent = z.object({
  sources: z.array(
    z.object({ source: z.string(), messages: Count, generation: z.int().describe('0: the inbox drops what it has') }),
  ),
});
export type Resent = z.infer<typeof Resent>;

export const Paused = z.object({ isNew: z.boolean().describe('false: it was paused already') });
export type Paused = z.infer<typeof Paused>;

export const Resumed = z.object({
  lifted: z.array(Pause),
  remaining: z.array(Pause).describe('pauses of the subscriber that were not meant'),
});
export type Resumed = z.infer<typeof Resumed>;

export const Forgotten = z.object({
  sources: z.array(z.object({ source: z.string(), passedBy: Count.describe('messages that it will never get') })),
});
export type Forgotten = z.infer<typeof Forgotten>;

import type { MessageStory } from '#kernel/messaging/care/views';
import { waitsForIn } from './show-set-aside.js';
import { harmless, type Surroundings } from './terminal.js';
import { endUnread, tellUnreadable } from './unreadable.js';
import { withCare } from './with-care.js';
import { counted, listed, when } from './wording.js';

export async function showStory({ env, terminal }: Surroundings, id: string, json: boolean): Promise<void> {
  const story = await withCare(env, (care) => care.story(id));
  if (json) {
    terminal.print(JSON.stringify(story, null, 2));
    endUnread(terminal, story.unreadable);
  } else {
    terminal.print(linesOf(story).join('\n'));
    tellUnreadable(terminal, story.unreadable);
  }
}

function linesOf({
  envelope,
  source,
  partition,
  retained,
  awaitedBy,
  takenBy,
  waiting,
  unreadable,
}: MessageStory): string[] {
  return [
    ...waiting.flatMap(placeOf),
    ...(awaitedBy.length > 0 ? [`Not acknowledged yet by ${listed(awaitedBy.map(harmless))}.`] : []),
    ...(takenBy.length > 0 ? [`In the inbox of ${listed(takenBy)}.`] : []),
    ...(waiting.length + awaitedBy.length + unreadable.length === 0 ? ['It waits nowhere.'] : []),
    `From ${source}, partition ${partition}; ${retained ? 'still in its history' : 'no more in its history'}.`,
    '',
    ...JSON.stringify(envelope, null, 2)
      .split('\n')
      .map((line) => `${/^ */.exec(line)?.[0]}${harmless(line.trimStart())}`),
  ];
}

function placeOf(place: MessageStory['waiting'][number]): string[] {
  const { state, subscriber, since, dueAt, attempts, reason, waitsFor, behind } = place;
  const tries = counted(attempts, 'try').replace('trys', 'tries');
  const what = {
    dead: `Dead letter of ${subscriber} after ${tries}`,
    parked: `Parked at ${subscriber} after ${tries}`,
    delayed: `Delayed by ${subscriber}`,
  };
  return [
    `${what[state]}${since ? `, since ${when(since)}` : ''}.`,
    ...(waitsFor && dueAt
      ? [`  It waits for ${waitsForIn(waitsFor, dueAt)}${state === 'delayed' ? `, ${when(dueAt)}` : ''}.`]
      : []),
    ...behind.map(
      ({ id, type, state }) => `  Before it: ${state === 'dead' ? 'dead letter ' : ''}${id} ${harmless(type)}`,
    ),
    ...(reason ? [`  ${harmless(reason)}`] : []),
  ];
}

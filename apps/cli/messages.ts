import { Command, InvalidArgumentError } from 'commander';
import type { HistoryOptions, SelectionOptions } from './messages/options.js';
import { type Surroundings, theTerminal } from './messages/terminal.js';

type Flags = Record<string, boolean | undefined>;

/** `seamline messages`: which messages wait and why, and what to do about it. */
export function messagesCommand(at: Surroundings = { env: process.env, terminal: theTerminal }): Command {
  const messages = new Command('messages')
    .description('Show which messages wait and why, and retry, discard, replay or pause them.')
    .helpCommand('help [command]', 'explain a command')
    .addHelpText('after', NOTES);
  for (const make of [lag, dead, parked, show, retry, discard, replay, redeliver, pause, resume, forget])
    messages.addCommand(make(at).showHelpAfterError(HINT));
  return messages.showHelpAfterError(HINT);
}

const HINT = 'Run "npx seamline messages --help" for what there is.';

const NOTES = `
Works on the database itself: on the one of DATABASE_URL, whether the system runs or not, or on the embedded server of
SEAMLINE_HOME (.seamline), which runs while the system does. Actions are written into the table message_audit of the
module.

Exits with 0 when it is done; with 1 on an error, or when not all modules could be read; with 2 when nothing matched an
action, or not all of what matched could be done.
How to read what it shows, and what to do when: docs/messages.md

Examples:
  $ npx seamline messages lag
  $ npx seamline messages dead --subscriber inventory --since 2h
  $ npx seamline messages show 019ab1c2-7d3e-7f00-8a11-5c1f0e9d2b47
  $ npx seamline messages retry --subscriber inventory --type orders.order-placed.v1`;

function lag(at: Surroundings): Command {
  return new Command('lag')
    .description('How far each subscriber is behind each source, and what waits in each module.')
    .option('--partitions', 'by partition of keys', false)
    .option('--json', 'as JSON', false)
    .addHelpText('after', examples('lag', 'lag --partitions', 'lag --json'))
    .action(async (flags: Flags) => {
      const { showLag } = await import('./messages/show-lag.js');
      await showLag(at, { partitions: flags.partitions === true, json: flags.json === true });
    });
}

function dead(at: Surroundings): Command {
  return listing(new Command('dead').description('Dead letters: messages that failed for good, newest first.'))
    .addHelpText(
      'after',
      examples('dead', 'dead --subscriber inventory --since 2h', 'dead --type orders.order-placed.v1 --json'),
    )
    .action(async (options: SelectionOptions & { limit: number; json: boolean }) => {
      const { showDead } = await import('./messages/show-set-aside.js');
      await showDead(at, options);
    });
}

function parked(at: Surroundings): Command {
  return listing(
    new Command('parked').description('Messages that wait for another try, or behind another one of their key.'),
  )
    .addHelpText('after', examples('parked', 'parked --subscriber orders --key 4711'))
    .action(async (options: SelectionOptions & { limit: number; json: boolean }) => {
      const { showParked } = await import('./messages/show-set-aside.js');
      await showParked(at, options);
    });
}

function show(at: Surroundings): Command {
  return new Command('show')
    .description('One message, whole: where it waits, why, and what stands before it.')
    .argument('<id>', 'of the message', uuid)
    .option('--json', 'as JSON', false)
    .addHelpText('after', examples('show 019ab1c2-7d3e-7f00-8a11-5c1f0e9d2b47'))
    .action(async (id: string, { json }: { json: boolean }) => {
      const { showStory } = await import('./messages/show-story.js');
      await showStory(at, id, json);
    });
}

function retry(at: Surroundings): Command {
  return selecting(
    new Command('retry').description('Put dead letters back in their places, and try parked messages now.'),
  )
    .option('--yes', 'without asking, also for more than one', false)
    .addHelpText(
      'after',
      examples('retry --id 019ab1c2-7d3e-7f00-8a11-5c1f0e9d2b47', 'retry --subscriber inventory --yes'),
    )
    .action(async (options: SelectionOptions & { yes: boolean }) => {
      const { retryMessages } = await import('./messages/actions.js');
      await retryMessages(at, options);
    });
}

function discard(at: Surroundings): Command {
  return selecting(
    new Command('discard').description('Delete dead letters. The audit of their module keeps them whole.'),
  )
    .option('--parked', 'parked messages instead', false)
    .option('--yes', 'without asking, also for more than one', false)
    .addHelpText(
      'after',
      examples('discard --id 019ab1c2-7d3e-7f00-8a11-5c1f0e9d2b47', 'discard --subscriber orders --until 7d --yes'),
    )
    .action(async (options: SelectionOptions & { yes: boolean; parked: boolean }) => {
      const { discardMessages } = await import('./messages/actions.js');
      await discardMessages(at, options);
    });
}

function replay(at: Surroundings): Command {
  return kind(
    new Command('replay')
      .description('Have history handled once more by a subscriber that declares it can bear that.')
      .requiredOption('--subscriber <module>', 'the receiving module'),
  )
    .option('--since <time>', 'published at this time or later')
    .option('--until <time>', 'published before this time')
    .addHelpText('after', examples('replay --subscriber orders --type catalog.product-added.v1 --since 1d'))
    .action(async (options: HistoryOptions) => {
      const { replayHistory } = await import('./messages/actions.js');
      await replayHistory(at, options);
    });
}

function redeliver(at: Surroundings): Command {
  return new Command('redeliver')
    .description('Send a subscriber what it has forgotten, as after the restore of its database from a backup.')
    .requiredOption('--subscriber <module>', 'the receiving module')
    .option('--source <module>', 'from this module only')
    .option('--since <time>', 'published at this time or later')
    .addHelpText(
      'after',
      examples('redeliver --subscriber billing', 'redeliver --subscriber billing --source orders --since 2d'),
    )
    .action(async (options: Pick<HistoryOptions, 'subscriber' | 'since'> & { source?: string }) => {
      const { redeliverHistory } = await import('./messages/actions.js');
      await redeliverHistory(at, options);
    });
}

function pause(at: Surroundings): Command {
  return kind(
    new Command('pause')
      .description('Have a subscriber take no messages, or none of a type or a key, until it is resumed.')
      .requiredOption('--subscriber <module>', 'the receiving module'),
  )
    .addHelpText('after', examples('pause --subscriber billing', 'pause --subscriber orders --key 4711'))
    .action(async (options: HistoryOptions) => {
      const { pauseSubscriber } = await import('./messages/actions.js');
      await pauseSubscriber(at, options);
    });
}

function resume(at: Surroundings): Command {
  return kind(
    new Command('resume')
      .description('Lift the pauses of a subscriber: of a type, of a key, or all.')
      .requiredOption('--subscriber <module>', 'the receiving module'),
  )
    .addHelpText('after', examples('resume --subscriber billing', 'resume --subscriber orders --key 4711'))
    .action(async (options: HistoryOptions) => {
      const { resumeSubscriber } = await import('./messages/actions.js');
      await resumeSubscriber(at, options);
    });
}

function forget(at: Surroundings): Command {
  return new Command('forget')
    .description('Keep no messages any more for a subscriber that is gone for good.')
    .requiredOption('--subscriber <module>', 'who is gone')
    .option('--yes', 'without asking, also when messages wait for it', false)
    .addHelpText('after', examples('forget --subscriber loyalty'))
    .action(async (options: { subscriber: string; yes: boolean }) => {
      const { forgetSubscriber } = await import('./messages/actions.js');
      await forgetSubscriber(at, options);
    });
}

function listing(command: Command): Command {
  return selecting(command)
    .option('--limit <n>', 'how many at most', wholeNumber, 50)
    .option('--json', 'as JSON', false);
}

function selecting(command: Command): Command {
  return kind(command.option('--subscriber <module>', 'of this receiving module'))
    .option('--since <time>', 'set aside at this time or later: 2026-03-01T09:30:00Z, or how long ago: 2h')
    .option('--until <time>', 'set aside before this time')
    .option('--id <id>', 'the one message', uuid);
}

function kind(command: Command): Command {
  return command.option('--type <name>', 'of this message type').option('--key <key>', 'of this ordering key');
}

function examples(...lines: string[]): string {
  return `\nExamples:\n${lines.map((line) => `  $ npx seamline messages ${line}`).join('\n')}`;
}

function uuid(value: string): string {
  if (!/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(value))
    throw new InvalidArgumentError('Give the id of a message, as "seamline messages dead" shows it.');
  return value.toLowerCase();
}

const MOST = 10_000;

function wholeNumber(value: string): number {
  const number = Number(value);
  if (!Number.isInteger(number) || number < 1 || number > MOST)
    throw new InvalidArgumentError(`Give a whole number from 1 to ${MOST}.`);
  return number;
}

import { Command } from 'commander';
import { checkCommand } from './check.js';
import { contractCommand } from './contract.js';
import { graphCommand } from './graph.js';
import { messagesCommand } from './messages.js';
import { newCommand } from './new.js';
import { replayCommand } from './replay.js';
import { startCommand } from './start.js';
import { explain, isMendable, UserError } from './user-error.js';

/** Every command of `seamline`, one file each. Their heavy imports wait inside the actions, so that --help is fast. */
const commands: readonly (() => Command)[] = [
  startCommand,
  checkCommand,
  contractCommand,
  graphCommand,
  newCommand,
  replayCommand,
  messagesCommand,
];

const examples = `
Examples:
  $ npm start                      install what is missing, then start on http://localhost:3000
  $ npx seamline start             the same, once installed
  $ PORT=8080 npx seamline start   on another port
  $ npx seamline start --topology topology.json
                                   all apps of a topology, a process each
  $ npx seamline messages lag      what waits, and where
  $ npx seamline help start        what a command takes`;

/** Runs the command that `argv` names; a user's mistake ends as a sentence on stderr and an exit code. */
export async function main(argv: readonly string[]): Promise<void> {
  try {
    await program().parseAsync(argv);
  } catch (error) {
    process.stderr.write(`${explain(error)}\n`);
    if (!isMendable(error) && process.env.SEAMLINE_DEBUG && error instanceof Error)
      process.stderr.write(`${error.stack}\n`);
    process.exitCode = error instanceof UserError ? error.exitCode : 1;
  }
}

function program(): Command {
  const seamline = new Command('seamline')
    .description('A NestJS modular monolith that holds together, and comes apart along its seams.')
    .helpCommand('help [command]', 'explain a command')
    .showHelpAfterError('Run "npx seamline --help" for what there is.')
    .addHelpText('after', examples);
  for (const command of commands) seamline.addCommand(command());
  return seamline;
}

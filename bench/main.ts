import { Command } from 'commander';
import { explain, isMendable } from '../apps/cli/user-error.js';
import { checkCommand } from './check/check.js';
import { messagingCommand } from './messaging/messaging.js';
import { queriesCommand } from './queries/queries.js';
import { shopCommand } from './shop/shop.js';
import { transportsCommand } from './transports/transports.js';

/** Every bench, one command each. */
export async function main(args: readonly string[]): Promise<void> {
  const bench = new Command('bench')
    .description('Measures Seamline against others, in one run on one machine.')
    .usage('<bench> [options], as "npm run bench -- messaging"')
    .helpCommand('help [bench]', 'explain a bench')
    .showHelpAfterError('Run "npm run bench -- --help" for what there is.')
    .addCommand(messagingCommand())
    .addCommand(checkCommand())
    .addCommand(queriesCommand())
    .addCommand(transportsCommand())
    .addCommand(shopCommand());
  try {
    await bench.parseAsync(args, { from: 'user' });
  } catch (error) {
    process.stderr.write(`${explain(error)}\n`);
    if (!isMendable(error) && error instanceof Error) process.stderr.write(`${error.stack}\n`);
    process.exitCode = 1;
  }
}

import { Command } from 'commander';
import { UserError } from './user-error.js';

/** `seamline graph`: the modules and their messages, drawn from the sources. */
export function graphCommand(): Command {
  return new Command('graph')
    .description('Draw the modules and their messages into docs/architecture.md, and write topology.schema.json.')
    .option('--check', 'write nothing; exit with 1 when the written page is stale', false)
    .option('--stdout', 'print the page instead of writing it', false)
    .addHelpText('after', NOTES)
    .action(async ({ check, stdout }: { check: boolean; stdout: boolean }) => {
      const { FILES, freshPage, staleLines, writeAll } = await import('./graph/written-page.js');
      if (stdout) process.stdout.write(await freshPage());
      else if (!check) {
        await writeAll();
        process.stdout.write(`Wrote ${FILES}.\n`);
      } else if ((await staleLines()).length > 0)
        throw new UserError(
          `What is written from the sources (${FILES}) is not what they say.`,
          'Run "npx seamline graph" and commit it.',
        );
    });
}

const NOTES = `
Reads module.json, the contracts, the subscribers and the sagas of every module; needs no running system and no database.

Examples:
  $ npx seamline graph
  $ npx seamline graph --stdout | less`;

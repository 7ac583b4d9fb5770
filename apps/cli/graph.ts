import { Command } from 'commander';
import { UserError } from './user-error.js';

/** `seamline graph`: the modules and their messages, drawn from the sources. */
export function graphCommand(): Command {
  return new Command('graph')
    .description('Write the modules and their messages, drawn in Mermaid, into docs/architecture.md.')
    .option('--check', 'write nothing; exit with 1 when the written page is stale', false)
    .option('--stdout', 'print the page instead of writing it', false)
    .addHelpText('after', NOTES)
    .action(async ({ check, stdout }: { check: boolean; stdout: boolean }) => {
      const { freshPage, PAGE, staleLines, writePage } = await import('./graph/written-page.js');
      if (stdout) process.stdout.write(await freshPage());
      else if (!check) {
        await writePage();
        process.stdout.write(`Wrote ${PAGE}.\n`);
      } else if ((await staleLines()).length > 0)
        throw new UserError(`${PAGE} is not what the sources say.`, 'Run "npx seamline graph" and commit it.');
    });
}

const NOTES = `
Reads module.json, the contracts, the subscribers and the sagas of every module; needs no running system and no database.

Examples:
  $ npx seamline graph
  $ npx seamline graph --stdout | less`;

import { resolve } from 'node:path';
import { Command } from 'commander';
import { projectRoot } from './project-root.js';
import { UserError } from './user-error.js';

interface Where {
  readonly root: string;
}

/** `seamline contract`: what modules promise each other, kept and told. */
export function contractCommand(): Command {
  return new Command('contract')
    .description('Release the messages between modules, retire them, and write them down for other programs.')
    .addCommand(releaseCommand())
    .addCommand(retireCommand())
    .addCommand(docsCommand())
    .addHelpText('after', NOTES);
}

function releaseCommand(): Command {
  return inRoot(new Command('release'))
    .description('Keep what messages say now as a promise. Refused where that breaks what was promised before.')
    .argument('[name...]', 'as orders.order-placed.v1 (default: all)')
    .option('--all', 'all of them, as without names', false)
    .option('--dry-run', 'say what would be released, and write nothing', false)
    .action(async (names: string[], { root, all, dryRun }: Where & { all: boolean; dryRun: boolean }) => {
      const { release } = await import('./contract/release.js');
      const released = await release(resolve(root), { names: all ? [] : names, dryRun });
      for (const { name, file, isFirst } of released)
        say(`${dryRun ? 'Would release' : 'Released'} ${name}${isFirst ? '' : ' with more than before'} (${file}).`);
      if (released.length === 0) say('All of it is released already.');
    });
}

function retireCommand(): Command {
  return inRoot(new Command('retire'))
    .description('Note that nobody publishes or reads a message any more. Its name stays reserved.')
    .argument('<name>', 'as orders.order-placed.v1')
    .action(async (name: string, { root }: Where) => {
      const { retire } = await import('./contract/release.js');
      say(`Retired ${name} (${await retire(resolve(root), name)}).`);
    });
}

function docsCommand(): Command {
  return inRoot(new Command('docs'))
    .description('Write docs/asyncapi.json and docs/openapi.json: the messages and the HTTP API for other programs.')
    .option('--check', 'write nothing; exit with 1 when one of them is stale', false)
    .action(async ({ root, check }: Where & { check: boolean }) => {
      const { missingOrStale, writeDocuments } = await import('./contract/documents.js');
      if (!check) {
        const written = await writeDocuments(resolve(root));
        say(`Wrote ${written.join(' and ')}.`);
        return;
      }
      const stale = await missingOrStale(resolve(root));
      if (stale.length > 0)
        throw new UserError(
          `${stale.join(' and ')} is not what the sources say.`,
          'Run "npx seamline contract docs" and commit it.',
        );
    });
}

const inRoot = (command: Command): Command =>
  command.option('--root <dir>', 'of another project of this layout', projectRoot);

const say = (line: string): boolean => process.stdout.write(`${line}\n`);

const NOTES = `
How to change a message, and what a release means: docs/contracts.md

Examples:
  $ npx seamline contract release                                  what is new, or has got more
  $ npx seamline contract release orders.order-placed.v2
  $ npx seamline contract retire orders.order-placed.v1
  $ npx seamline contract docs --check`;

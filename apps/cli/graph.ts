import { Command, Option } from 'commander';
import type { DrawOptions } from './graph/draw.js';
import { FORMAT_NAMES } from './graph/format-name.js';
import { UserError } from './user-error.js';

/** `seamline graph`: the modules and their messages, drawn from the sources. */
export function graphCommand(): Command {
  return new Command('graph')
    .description('Draw apps, modules and the messages between them. Without options: what docs/ keeps of it.')
    .addOption(new Option('--format <format>', 'what to draw (default: what --output ends in)').choices(FORMAT_NAMES))
    .option('--output <file>', 'where to write it (default: print it)')
    .option('--root <dir>', 'the folder that holds src/modules (default: this project)')
    .option('--topology <file>', 'another topology than the topology.json there')
    .option('--no-violations', 'do not look for what breaks a wall, which takes longest')
    .option('--check', 'write nothing; exit with 1 when what is written is stale', false)
    .addHelpText('after', NOTES)
    .action(async (options: DrawOptions) => {
      const { format, output, root, topology, check } = options;
      if ([format, output, root, topology].every((option) => option === undefined)) return keep(check);
      const { draw } = await import('./graph/draw.js');
      await draw(options, {
        print: (text) => process.stdout.write(text),
        say: (line) => process.stderr.write(`${line}\n`),
      });
    });
}

/** Writes, or checks, what is kept in the project. */
async function keep(check: boolean): Promise<void> {
  const { FILES, staleLines, writeAll } = await import('./graph/written-page.js');
  if (!check) {
    await writeAll();
    process.stdout.write(`Wrote ${FILES}.\n`);
  } else if ((await staleLines()).length > 0)
    throw new UserError(
      `What is written from the sources (${FILES}) is not what they say.`,
      'Run "npx seamline graph" and commit it.',
    );
}

const NOTES = `
Reads module.json, the contracts, the handlers and the topology; needs no running system and no database. What breaks the
walls of imports and topology is drawn in red. How to read the drawings, and the JSON: docs/graph.md

Examples:
  $ npx seamline graph                                      write what docs/ keeps
  $ npx seamline graph --output system.html                 a page for the wall, all in one file
  $ npx seamline graph --format mermaid --topology apart.json
  $ npx seamline graph --root ../shop --format json | jq .messages`;

import { Command } from 'commander';
import { NAMES } from './check/names.js';

interface Options {
  readonly root?: string;
  readonly only?: string;
  readonly format: string;
  readonly baseline?: string;
  readonly writeBaseline: boolean;
  readonly database?: string;
  readonly fix: boolean;
  readonly affected: boolean;
  readonly base?: string;
}

/** `seamline check`: everything about a repository that can be told without running it. */
export function checkCommand(): Command {
  return new Command('check')
    .description('Check the four walls between modules; of this project also format, types and the generated docs.')
    .option('--root <dir>', 'a repository of this layout (default: this one)')
    .option('--only <names>', `some of ${NAMES.join(',')} (default: all)`)
    .option('--format <format>', 'human, json, github or sarif', 'human')
    .option('--baseline <file>', 'known violations (default: .seamline-baseline.json at the root, where it is there)')
    .option('--write-baseline', 'record what is wrong today, so that only new violations fail', false)
    .option('--database <url>', 'a PostgreSQL whose schemas to look at, instead of a scratch one')
    .option('--fix', 'format, and write the generated docs anew, before checking', false)
    .option('--affected', 'check nothing; print the modules that the changes since --base can reach', false)
    .option('--base <rev>', 'a Git revision, with --affected')
    .addHelpText('after', NOTES)
    .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? 0 : 2))
    .action(async (options: Options) => {
      const { answer } = await import('./check/answer.js');
      process.exitCode = await answer(options, {
        print: (text) => process.stdout.write(text),
        tell: (line) => process.stderr.write(`${line}\n`),
        inColour: process.stdout.isTTY === true && !process.env.NO_COLOR,
      });
    });
}

const NOTES = `
Lists all that is wrong, not just the first. Exits with 0 when nothing is, with 1 when something is or the baseline
lists what is gone, with 2 when something could not be looked at. In the formats for programs, stdout has the document
and nothing else. All about it: docs/check.md; how to read a broken wall: docs/boundaries.md

Examples:
  $ npm run check
  $ npx seamline check --only imports,topology
  $ npx seamline check --root ../shop --format sarif > check.sarif
  $ npx seamline check --write-baseline
  $ npx seamline check --affected --base origin/main
  $ npx seamline check --fix`;

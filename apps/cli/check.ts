import { Command, InvalidArgumentError } from 'commander';

/** In the order of the table; what --fix mends stands before what reads it. */
const NAMES = ['format', 'docs', 'types', 'architecture'] as const;
type Name = (typeof NAMES)[number];

/** `seamline check`: everything about the sources that can be told without running them. */
export function checkCommand(): Command {
  return new Command('check')
    .description('Check types, format and lint, the walls between modules, and that the generated docs are fresh.')
    .option('--only <names>', `some of ${NAMES.join(',')} (default: all)`, knownNames)
    .option('--fix', 'format, and write the generated docs anew, before checking', false)
    .addHelpText('after', NOTES)
    .action(async ({ only = NAMES, fix }: { only?: readonly Name[]; fix: boolean }) => {
      const [{ CHECKS }, { runChecks }] = await Promise.all([
        import('./check/checks.js'),
        import('./check/run-checks.js'),
      ]);
      const chosen = Object.fromEntries(only.map((name) => [name, CHECKS[name]]));
      const isClean = await runChecks(chosen, { fix }, (line) => process.stdout.write(`${line}\n`));
      process.exitCode = isClean ? 0 : 1;
    });
}

function knownNames(value: string): Name[] {
  return value.split(',').map((given) => {
    const name = NAMES.find((known) => known === given.trim());
    if (name === undefined) throw new InvalidArgumentError(`There is no "${given}": give some of ${NAMES.join(',')}.`);
    return name;
  });
}

const NOTES = `
Lists all that is wrong, not just the first. Exits with 0 when nothing is, with 1 otherwise.
How to read a broken wall, and how to allow a dependency: docs/boundaries.md

Examples:
  $ npm run check
  $ npx seamline check --only architecture
  $ npx seamline check --fix`;

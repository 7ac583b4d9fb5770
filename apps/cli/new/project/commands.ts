import { Command, InvalidArgumentError } from 'commander';

/** `seamline new project` and `seamline new repository`. */
export const WHOLE_REPOSITORIES: readonly (() => Command)[] = [newProject, newRepository];

function newProject(): Command {
  return new Command('project')
    .description('A project of your own: kernel, command line, checks and CI, sign-in, and one small module.')
    .argument('<dir>', 'a folder that is not there yet, or is empty')
    .option('--name <name>', "the package's (default: the folder's)")
    .action(async (folder: string, { name }: { name?: string }) => {
      const { makeProject } = await import('./make-project.js');
      await makeProject(folder, { name }, print);
    });
}

function newRepository(): Command {
  return new Command('repository')
    .description('A repository of any size in this layout, to try the checks on.')
    .argument('<dir>', 'a folder that is not there yet, or is empty')
    .option('--modules <n>', 'how many', wholeNumber, 20)
    .option('--files-per-module <n>', 'how many', wholeNumber, 30)
    .action(async (folder: string, options: { modules: number; filesPerModule: number }) => {
      const { generateRepository } = await import('../generate-repository.js');
      await generateRepository(folder, options);
      print(`Wrote ${options.modules} modules of ${options.filesPerModule} files to ${folder}.`);
    });
}

function wholeNumber(value: string): number {
  const number = Number(value);
  if (Number.isInteger(number) && number >= 1 && number <= 100_000) return number;
  throw new InvalidArgumentError('Give a whole number from 1 to 100000.');
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

import { Command } from 'commander';
import { WHOLE_REPOSITORIES } from './new/project/commands.js';
import type { RunOptions } from './new/run.js';

/** `seamline new`: writes what every module, message and use case begins with. */
export function newCommand(): Command {
  const command = new Command('new')
    .description('Write a new module, message or use case, or a project of your own, as the layout has them.')
    .helpCommand('help [command]', 'explain a command')
    .addHelpText('after', NOTES);
  for (const make of [newModule, newEvent, newMessageCommand, newQuery, newUseCase, ...WHOLE_REPOSITORIES])
    command.addCommand(make().showHelpAfterError(HINT));
  return command.showHelpAfterError(HINT);
}

const HINT = 'Run "npx seamline new --help" for what there is.';

const NOTES = `
What is new passes "npm run check" and its own specs at once. All of it is written or nothing, and no file is overwritten.
Names are lower-case words with dashes between them; of a message or a use case, MODULE.NAME.

Examples:
  $ npx seamline new module gift-cards --entity gift-card --depends-on catalog
  $ npx seamline new event gift-cards.gift-card-redeemed --key giftCardId
  $ npx seamline new command gift-cards.redeem-gift-card --use-case settle-gift-card
  $ npx seamline new query gift-cards.balance
  $ npx seamline new use-case gift-cards.list-gift-cards --query
  $ npx seamline new project ../library`;

function newModule(): Command {
  return adding(new Command('module').description('A module: contract, domain, use cases, tables, routes, specs.'))
    .argument('<name>', 'as its folder, its schema and its messages are called')
    .option('--entity <name>', 'what it keeps', 'entry')
    .option('--depends-on <modules>', 'modules whose events it subscribes to, with commas between', names, [])
    .action(async (name: string, options: RunOptions & { entity: string; dependsOn: string[] }) => {
      const [{ run }, { planModule }] = await Promise.all([
        import('./new/run.js'),
        import('./new/kinds/new-module.js'),
      ]);
      await run(options, (repository) => planModule(repository, { ...options, name }), print);
    });
}

function newEvent(): Command {
  return adding(new Command('event').description('An event: the contract of a fact that a module tells of.'))
    .argument('<module.name>', 'in the past tense, such as orders.order-delayed')
    .option('--key <property>', 'what orders it', 'id')
    .action(async (name: string, options: RunOptions & { key: string }) => {
      const [{ run }, { planEvent }] = await Promise.all([import('./new/run.js'), import('./new/kinds/new-event.js')]);
      await run(options, (repository) => planEvent(repository, { ...options, name }), print);
    });
}

function newMessageCommand(): Command {
  return adding(
    new Command('command').description('A command: its contract, who takes it, and the use case it leads to.'),
  )
    .argument('<module.name>', 'in the imperative, such as orders.delay-order')
    .option('--key <property>', 'what orders it', 'id')
    .option('--use-case <name>', 'what carries it out (default: carry-out-NAME)')
    .action(async (name: string, options: RunOptions & { key: string; useCase?: string }) => {
      const [{ run }, { planCommand }] = await Promise.all([
        import('./new/run.js'),
        import('./new/kinds/new-command.js'),
      ]);
      await run(options, (repository) => planCommand(repository, { ...options, name }), print);
    });
}

function newQuery(): Command {
  return adding(new Command('query').description('A query: its contract, who answers it, and the use case that knows.'))
    .argument('<module.name>', 'such as orders.status-of-order')
    .option('--use-case <name>', 'what finds the answer (default: answer-NAME)')
    .action(async (name: string, options: RunOptions & { useCase?: string }) => {
      const [{ run }, { planQuery }] = await Promise.all([import('./new/run.js'), import('./new/kinds/new-query.js')]);
      await run(options, (repository) => planQuery(repository, { ...options, name }), print);
    });
}

function newUseCase(): Command {
  return adding(new Command('use-case').description('A use case with its spec, and its line in the module.'))
    .argument('<module.name>', 'such as orders.delay-order')
    .option('--query', 'one that reads only', false)
    .action(async (name: string, options: RunOptions & { query: boolean }) => {
      const [{ run }, { planUseCase }] = await Promise.all([
        import('./new/run.js'),
        import('./new/kinds/new-use-case.js'),
      ]);
      const kind = options.query ? 'query' : 'command';
      await run(options, (repository) => planUseCase(repository, { name, kind }), print);
    });
}

function adding(command: Command): Command {
  return command
    .option('--root <dir>', 'the repository to add to (default: this one)')
    .option('--dry-run', 'only list what would be written', false);
}

function names(value: string): string[] {
  return value
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

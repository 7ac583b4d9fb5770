import { Command } from 'commander';

const examples = `
Settings come from the environment:
  DATABASE_URL             a PostgreSQL 15 or newer to use instead of the embedded one
  PORT, HOST               where to serve HTTP (3000, 127.0.0.1)
  SEAMLINE_HOME            folder of the embedded database and the secrets (.seamline)
  SEAMLINE_ADMIN_EMAIL, SEAMLINE_ADMIN_PASSWORD
                           the first administrator; made and printed once when not set
  LOG_LEVEL                fatal, error, warn, info, debug, trace or silent (info)
  CONNECTION_BUDGET        database connections of this process, all modules together (24)

Examples:
  $ npx seamline start
  $ PORT=8080 HOST=0.0.0.0 npx seamline start
  $ DATABASE_URL=postgres://me:secret@db.example/shop npx seamline start`;

export function startCommand(): Command {
  return new Command('start')
    .description('Start every module in one process, with an embedded PostgreSQL when DATABASE_URL is not set.')
    .addHelpText('after', examples)
    .action(async () => {
      const { run } = await import('./start/run.js');
      await run(process.env);
    });
}

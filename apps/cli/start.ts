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

Where the topology has several apps:
  SEAMLINE_TOPOLOGY        which file says what lives where (topology.json)
  SEAMLINE_APP             which of its apps this process is (the gateway)
  SEAMLINE_SECRET          what all apps know and nobody else: 32 characters or more
  <APP>_HTTP, <APP>_WIRE   addresses of an app, in place of the topology's
  WIRE_PORT, WIRE_HOST     where the other apps reach this one (as the topology says, HOST)
  WIRE_TLS_CERT, WIRE_TLS_KEY, WIRE_TLS_CA
                           files in PEM: apps show each other certificates, and encrypt
  REDIS_URL, AMQP_URL, NATS_URL
                           the broker, for apps that messages reach by bullmq, rabbitmq or nats; each with
                           a _CA, a _CERT and a _KEY (files in PEM), and NATS_CREDS

Examples:
  $ npx seamline start
  $ PORT=8080 HOST=0.0.0.0 npx seamline start
  $ DATABASE_URL=postgres://me:secret@db.example/shop npx seamline start
  $ npx seamline start --topology topology.json
  $ SEAMLINE_APP=inventory npx seamline start`;

export function startCommand(): Command {
  return new Command('start')
    .description('Start one app of the topology, with an embedded PostgreSQL when DATABASE_URL is not set.')
    .option('--topology <file>', 'run all apps of a topology on this machine, a process each, on ports that are free')
    .addHelpText('after', examples)
    .action(async ({ topology }: { topology?: string }) => {
      if (topology === undefined) await (await import('./start/run.js')).run(process.env);
      else await (await import('./start/run-topology.js')).runTopology(process.env, topology);
    });
}

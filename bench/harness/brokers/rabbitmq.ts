import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { connect } from 'amqplib';
import { freePort } from '../../../apps/cli/embedded/free-port.js';
import type { Broker } from './broker.js';
import { HOST, launch, onPath } from './server-process.js';

/** Where Debian puts the script itself; the one on the path changes the user and its home. */
const DEBIAN = '/usr/lib/rabbitmq/bin/rabbitmq-server';
/** What says that a client speaks AMQP 0-9-1; a server that hears it begins with a method, on channel 0. */
const PROTOCOL = 'AMQP\x00\x00\x09\x01';
const METHOD = '\x01\x00\x00';

/** With ports, name, cookie, data and register of names (epmd) of its own, so that no server that runs already is touched. */
export async function startRabbitMq(): Promise<Broker | undefined> {
  const program = existsSync(DEBIAN) ? DEBIAN : onPath('rabbitmq-server');
  const epmd = onPath('epmd');
  if (!program || !epmd) return undefined;
  const ports = { amqp: await freePort(), distribution: await freePort(), names: await freePort() };
  const names = spawn(epmd, ['-port', `${ports.names}`, '-address', HOST], { stdio: 'ignore', detached: true });
  const url = `amqp://guest:guest@${HOST}:${ports.amqp}`;
  try {
    const end = await launch('rabbitmq', async (folder) => {
      const env = await environmentIn(folder, ports);
      return { program, args: [], env, port: ports.amqp, ask: PROTOCOL, greeting: METHOD, withinSeconds: 60 };
    });
    const stop = async () => {
      await end();
      names.kill('SIGKILL');
    };
    return { url, version: await versionAt(url), stop };
  } catch (error) {
    names.kill('SIGKILL');
    throw error;
  }
}

async function environmentIn(
  folder: string,
  { amqp, distribution, names }: { amqp: number; distribution: number; names: number },
): Promise<NodeJS.ProcessEnv> {
  const at = (name: string) => join(folder, name);
  await mkdir(at('log'));
  for (const [file, content] of [
    ['none', ''],
    ['enabled_plugins', '[].'],
    ['rabbitmq.conf', 'log.file.level = warning\n'],
  ] as const)
    await writeFile(at(file), content);
  return {
    PATH: process.env.PATH,
    LANG: 'C.UTF-8',
    HOME: folder,
    ERL_EPMD_PORT: `${names}`,
    ERL_EPMD_ADDRESS: HOST,
    ERL_FLAGS: '-kernel inet_dist_use_interface {127,0,0,1} -start_epmd false',
    RABBITMQ_NODENAME: `seamlinebench${amqp}@localhost`,
    RABBITMQ_NODE_IP_ADDRESS: HOST,
    RABBITMQ_NODE_PORT: `${amqp}`,
    RABBITMQ_DIST_PORT: `${distribution}`,
    RABBITMQ_CONF_ENV_FILE: at('none'),
    RABBITMQ_CONFIG_FILE: at('rabbitmq.conf'),
    RABBITMQ_ENABLED_PLUGINS_FILE: at('enabled_plugins'),
    RABBITMQ_MNESIA_BASE: at('data'),
    RABBITMQ_LOG_BASE: at('log'),
    RABBITMQ_PID_FILE: at('pid'),
    detached: 'yes',
  };
}

async function versionAt(url: string): Promise<string> {
  const connection = await connect(url);
  const { version } = connection.connection.serverProperties;
  await connection.close();
  return `${version}, one node`;
}

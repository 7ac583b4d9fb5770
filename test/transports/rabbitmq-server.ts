import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { connect } from 'amqplib';
import { waitUntil } from '#test/until';
import { freePort } from './ports.js';

export const HOST = '127.0.0.1';
/** Where Debian puts the scripts themselves; those on the path change the user and its home. */
const SCRIPTS = '/usr/lib/rabbitmq/bin';
/** To start, on a small machine that does other things. In milliseconds. */
export const START_WITHIN = 150_000;
/** Administers, and may do all. */
const ADMIN = 'admin';

export interface RabbitMqSetup {
  /** More of `rabbitmq.conf`. */
  readonly configuration?: string;
  /** `advanced.config`, in Erlang. */
  readonly advanced?: string;
  readonly vhosts?: readonly string[];
  readonly users?: readonly User[];
}

export interface User {
  readonly name: string;
  readonly password: string;
  readonly vhost: string;
  /** Patterns of configure, write and read; none where it may not enter. */
  readonly permissions?: readonly [string, string, string];
}

interface Ports {
  readonly amqp: number;
  readonly distribution: number;
  readonly names: number;
}

/**
 * A RabbitMQ of its own: ports, name, cookie, data and register of names (epmd) that no other has, so that a server that
 * was there before is never touched.
 */
export class RabbitMqServerProcess {
  private child: ChildProcess | undefined;
  private names: ChildProcess | undefined;
  private output = '';

  private constructor(
    private readonly ports: Ports,
    private readonly folder: string,
  ) {}

  static async start(setup: RabbitMqSetup = {}): Promise<RabbitMqServerProcess> {
    const ports = { amqp: await freePort(), distribution: await freePort(), names: await freePort() };
    const server = new RabbitMqServerProcess(ports, mkdtempSync(join(tmpdir(), 'seamline-rabbitmq-')));
    server.write(setup);
    server.names = spawn('epmd', ['-port', `${ports.names}`, '-address', HOST], { stdio: 'ignore' });
    try {
      await server.start();
    } catch (error) {
      await server.stop();
      throw error;
    }
    return server;
  }

  /** Why none can be started here, in one line. */
  static async missing(): Promise<string | undefined> {
    const epmd = (process.env.PATH ?? '').split(delimiter).some((folder) => existsSync(join(folder, 'epmd')));
    if (existsSync(join(SCRIPTS, 'rabbitmq-server')) && epmd) return undefined;
    return 'RabbitMQ is not installed (apt-get install rabbitmq-server)';
  }

  get port(): number {
    return this.ports.amqp;
  }

  /** As the administrator, past any proxy. */
  get url(): string {
    return this.urlVia(this.port);
  }

  urlVia(port: number): string {
    return `amqp://${ADMIN}:${ADMIN}@${HOST}:${port}`;
  }

  async start(): Promise<void> {
    // In a group of its own, because it has helpers that end after it.
    const child = spawn(join(SCRIPTS, 'rabbitmq-server'), {
      env: { ...this.environment, detached: 'yes' },
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.child = child;
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (piece: Buffer) => {
        this.output = (this.output + piece).slice(-10_000);
      });
    await waitUntil(async () => child.exitCode !== null || (await this.greets()), START_WITHIN, 'RabbitMQ greets');
    if (child.exitCode !== null) throw new Error(`RabbitMQ did not start:\n${this.output}`);
  }

  /** As a power cut does. */
  async kill(): Promise<void> {
    const { child } = this;
    if (!child?.pid || child.exitCode !== null || child.signalCode !== null) return;
    process.kill(-child.pid, 'SIGKILL');
    await once(child, 'exit');
  }

  freeze(): void {
    if (this.child?.pid) process.kill(-this.child.pid, 'SIGSTOP');
  }

  thaw(): void {
    if (this.child?.pid) process.kill(-this.child.pid, 'SIGCONT');
  }

  async stop(): Promise<void> {
    await this.kill();
    this.names?.kill('SIGKILL');
    rmSync(this.folder, { recursive: true });
  }

  async control(...args: string[]): Promise<string> {
    const { stdout } = await promisify(execFile)(join(SCRIPTS, 'rabbitmqctl'), ['--quiet', ...args], {
      env: this.environment,
    });
    return stdout;
  }

  /** Deletes every queue. */
  async empty(): Promise<void> {
    await this.control('eval', '[rabbit_amqqueue:delete(Q, false, false, <<"test">>) || Q <- rabbit_amqqueue:list()].');
  }

  private get environment(): NodeJS.ProcessEnv {
    const { amqp, distribution, names } = this.ports;
    const at = (name: string) => join(this.folder, name);
    return {
      PATH: process.env.PATH,
      LANG: 'C.UTF-8',
      HOME: this.folder,
      ERL_EPMD_PORT: `${names}`,
      ERL_EPMD_ADDRESS: HOST,
      ERL_FLAGS: '-kernel inet_dist_use_interface {127,0,0,1} -start_epmd false +S 2:2',
      RABBITMQ_NODENAME: `seamline${amqp}@localhost`,
      RABBITMQ_NODE_IP_ADDRESS: HOST,
      RABBITMQ_NODE_PORT: `${amqp}`,
      RABBITMQ_DIST_PORT: `${distribution}`,
      RABBITMQ_CONF_ENV_FILE: at('none'),
      RABBITMQ_CONFIG_FILE: at('rabbitmq.conf'),
      RABBITMQ_ADVANCED_CONFIG_FILE: at('advanced.config'),
      RABBITMQ_ENABLED_PLUGINS_FILE: at('enabled_plugins'),
      RABBITMQ_MNESIA_BASE: at('data'),
      RABBITMQ_LOG_BASE: at('log'),
      RABBITMQ_PID_FILE: at('pid'),
    };
  }

  private write({ configuration = '', advanced = '[].', vhosts = [], users = [] }: RabbitMqSetup): void {
    const at = (name: string) => join(this.folder, name);
    mkdirSync(at('log'));
    writeFileSync(at('none'), '');
    writeFileSync(at('enabled_plugins'), '[].');
    writeFileSync(at('advanced.config'), advanced);
    writeFileSync(
      at('rabbitmq.conf'),
      `load_definitions = ${at('definitions.json')}\nlog.file.level = info\n${configuration}\n`,
    );
    const admin: User = { name: ADMIN, password: ADMIN, vhost: '/', permissions: ['.*', '.*', '.*'] };
    writeFileSync(at('definitions.json'), JSON.stringify(definitions(['/', ...vhosts], [admin, ...users])));
  }

  private async greets(): Promise<boolean> {
    try {
      await (await connect(this.url, { timeout: 1_000 })).close();
      return true;
    } catch {
      return false;
    }
  }
}

function definitions(vhosts: readonly string[], users: readonly User[]) {
  return {
    rabbit_version: '3.10.8',
    vhosts: vhosts.map((name) => ({ name })),
    users: users.map(({ name, password }) => ({
      name,
      password_hash: hashOf(password),
      hashing_algorithm: 'rabbit_password_hashing_sha256',
      tags: name === ADMIN ? ['administrator'] : [],
    })),
    permissions: users.flatMap(({ name: user, vhost, permissions }) =>
      permissions ? [{ user, vhost, configure: permissions[0], write: permissions[1], read: permissions[2] }] : [],
    ),
  };
}

function hashOf(password: string): string {
  const salt = randomBytes(4);
  return Buffer.concat([salt, createHash('sha256').update(salt).update(password).digest()]).toString('base64');
}

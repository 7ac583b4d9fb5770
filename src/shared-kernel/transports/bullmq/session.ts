import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { Logger } from '@nestjs/common';
import { type Job, Queue, Worker } from 'bullmq';
import { Redis } from 'ioredis';
import { PARTITIONS } from '../../messaging/layout.js';
import { oneLine } from '../broker-letters.js';
import type { Caller } from '../caller.js';
import type { Parting } from '../parting.js';
import { Connector, objectionOf } from './connector.js';
import { answersOf, queueOf, rehearsalOf } from './names.js';
import { mustFit } from './refusals.js';
import type { RedisServer } from './server.js';
import { removeUnreadable } from './unreadable.js';

/** Until the server has accepted us, nothing may take longer. In milliseconds. */
const OPEN_WITHIN = 5_000;
/** How often the server is asked whether it lives, and how long that may take. In milliseconds. */
const PING_EVERY = 3_000;
/** Letters that are being handled at once, of one queue: that of a slow source holds up no other. */
const CONCURRENCY = 4;
/** A letter whose process has died goes to another one after the first of these, at the latest after both. In milliseconds. */
const LOCK = 6_000;
const LOOK_FOR_STALLED = 3_000;
/** A letter that was given back so often has its processes killed: it is removed, and its sender speaks of it. */
const MOST_STALLED = 1;
/** Of what BullMQ notes of each queue, which nobody reads. */
const EVENTS_KEPT = 100;
/** The same complaint is written so often at most. In milliseconds. */
const COMPLAIN_EVERY = 60_000;
/** Says that this server is not, or not any more, the one that takes writes. */
const ELSEWHERE = /^(?:READONLY|MASTERDOWN|LOADING)/;

export interface SessionHandlers {
  readonly onAnswer: (text: string) => void;
  /** Resolves when the broker may forget the letter; never rejects. */
  readonly onLetter: (subscriber: string, letter: string) => Promise<void>;
}

/**
 * The connections with a server, made together and given up together: one for all commands, one on which answers come,
 * and one for each queue that is consumed, on which BullMQ waits for letters. The first two never connect again, so that
 * nothing which was written before a break is written again after it, and nobody waits for what will not come.
 */
export class Session {
  /** Resolves with the reason. */
  readonly ended: Promise<Error>;
  private readonly log = new Logger('bullmq');
  private readonly queues = new Map<string, Queue>();
  private readonly workers: Worker[] = [];
  private readonly consumed = new Set<string>();
  private readonly watching = new AbortController();
  private isParting = false;
  private complaint = { message: '', at: 0 };
  private reason: Error | undefined;
  private resolveEnded!: (reason: Error) => void;

  private constructor(
    private readonly commands: Redis,
    private readonly ears: Redis,
    private readonly system: string,
    private readonly handlers: SessionHandlers,
  ) {
    this.ended = new Promise((resolve) => {
      this.resolveEnded = resolve;
    });
    for (const redis of [commands, ears]) {
      let said = new Error('it hung up');
      redis.on('error', (error: Error) => {
        said = error;
      });
      redis.once('end', () => this.end(said));
    }
    ears.on('message', (_channel, text) => handlers.onAnswer(text));
    void this.watch();
  }

  /**
   * @param answers the channel on which answers to this process come
   * @throws BrokerNotUsable, or whatever the client says of a server that cannot be reached or refuses something
   */
  static async open(
    server: RedisServer,
    { app, system }: Caller,
    answers: string,
    handlers: SessionHandlers,
  ): Promise<Session> {
    const address = server.options();
    const commands = new Redis({
      ...address,
      Connector,
      connectionName: `${system}:${app}`,
      lazyConnect: true,
      connectTimeout: OPEN_WITHIN,
      maxRetriesPerRequest: null,
      retryStrategy: () => null,
    });
    const ears = commands.duplicate();
    try {
      await Promise.all([reached(commands), reached(ears)]);
      mustFit(await commands.info('server'), server);
      const session = new Session(commands, ears, system, handlers);
      await session.prepare(answers);
      return session;
    } catch (error) {
      for (const redis of [commands, ears]) hangUp(redis);
      throw (address.tls && (await objectionOf(address))) ?? error;
    }
  }

  /** Puts a letter into a queue. */
  async post(queue: string, source: string, id: string, letter: string): Promise<void> {
    await this.heeding(this.queue(queue).add(source, letter, { jobId: idOf(source, id) }));
  }

  /** Takes letters out of a queue that nobody waits for an answer to: those of a source whose last one has had none. */
  async withdraw(queue: string, source: string): Promise<void> {
    const ids = await this.heeding(this.queue(queue).getRanges(['wait'], 0, 999));
    for (const id of ids) if (id.startsWith(idOf(source, ''))) await this.queue(queue).remove(id);
  }

  /** It goes out before all that is written after it, so nobody waits for that, least of all at a parting. */
  answer(replyTo: string, text: string): void {
    const answers = answersOf(this.system);
    if (!replyTo.startsWith(answers)) throw new Error('it has no address');
    this.commands.publish(replyTo, text).catch((error: Error) => this.complain(`${answers}*`, error));
  }

  /** Takes what is in the queues of a module. */
  async consume(subscriber: string): Promise<void> {
    if (this.isParting || this.consumed.has(subscriber)) return;
    this.consumed.add(subscriber);
    const names = Array.from({ length: PARTITIONS }, (_, partition) => queueOf(this.system, subscriber, partition));
    const workers = names.map((name) => this.worker(name, subscriber));
    this.workers.push(...workers);
    const ended = this.ended.then((reason) => Promise.reject(reason));
    await Promise.race([Promise.all(workers.map((worker) => worker.waitUntilReady())), ended]);
  }

  /** Lets no more letters come; resolves when those that have come are answered, or the session has ended. */
  async stopConsuming(): Promise<void> {
    this.isParting = true;
    await Promise.race([Promise.all(this.workers.map((worker) => worker.close())), this.ended]);
  }

  /** After all that was written. */
  async close(parting: Parting): Promise<void> {
    await parting.waitFor(Promise.race([Promise.all([this.commands.quit(), this.ears.quit()]), this.ended]));
    this.end(new Error('this app has closed the connection'));
  }

  end(reason: Error): void {
    if (this.reason) return;
    this.reason = reason;
    this.watching.abort();
    const left = [
      ...this.workers.map((worker) => worker.close(true)),
      ...[...this.queues.values()].map((queue) => queue.close()),
    ];
    // What they cannot say any more is of no use.
    for (const each of left) each.catch(() => undefined);
    for (const redis of [this.commands, this.ears]) hangUp(redis);
    this.resolveEnded(reason);
  }

  /** Does once what letters need: a server says only then that it does not permit it. */
  private async prepare(answers: string): Promise<void> {
    await this.ears.subscribe(answers);
    await this.commands.publish(`${answersOf(this.system)}rehearsal`, '');
    const queue = this.queue(rehearsalOf(this.system));
    const id = randomUUID();
    await queue.add('rehearsal', '', { jobId: id });
    await this.commands.bzpopmin(queue.toKey('marker'), 0.01);
    await queue.remove(id);
  }

  /** One that is frozen, or that the network has swallowed, would not be missed otherwise. */
  private async watch(): Promise<void> {
    const { signal } = this.watching;
    while (!signal.aborted) {
      const pings = Promise.all([this.commands.ping(), this.ears.ping()]).catch(() => undefined);
      const late = sleep(PING_EVERY, 'silent', { signal }).catch(() => undefined);
      if ((await Promise.race([pings, late])) === 'silent') this.end(new Error(`it said nothing for ${PING_EVERY} ms`));
      await late;
    }
  }

  private queue(name: string): Queue {
    const known = this.queues.get(name);
    if (known) return known;
    const queue = new Queue(name, {
      connection: this.commands,
      skipVersionCheck: true,
      streams: { events: { maxLen: EVENTS_KEPT } },
    });
    // Of the connection it hears what the session hears.
    queue.on('error', () => undefined);
    this.queues.set(name, queue);
    return queue;
  }

  private worker(name: string, subscriber: string): Worker {
    const worker = new Worker(name, (job) => this.take(subscriber, job), {
      connection: this.commands,
      skipVersionCheck: true,
      concurrency: CONCURRENCY,
      lockDuration: LOCK,
      stalledInterval: LOOK_FOR_STALLED,
      maxStalledCount: MOST_STALLED,
      runRetryDelay: 1_000,
      removeOnComplete: { count: 0 },
      removeOnFail: { count: 0 },
    });
    worker.on('error', (error) => {
      this.troubled(name, error).catch((another: Error) => this.complain(name, another));
    });
    return worker;
  }

  private async take(subscriber: string, job: Job): Promise<void> {
    // What others put there may ask to be kept.
    Object.assign(job.opts, { removeOnComplete: true, removeOnFail: true });
    await this.handlers.onLetter(subscriber, typeof job.data === 'string' ? job.data : JSON.stringify(job.data));
  }

  private async troubled(name: string, error: Error): Promise<void> {
    if (this.reason) return;
    if (ELSEWHERE.test(error.message)) return this.end(error);
    const removed = await removeUnreadable(this.commands, this.queue(name));
    for (const id of removed)
      this.log.warn(`What came as a letter in ${name} is removed: job ${oneLine(id)}: ${oneLine(error.message)}`);
    if (removed.length === 0) this.complain(name, error);
  }

  private complain(name: string, { message }: Error): void {
    if (this.reason) return;
    const now = performance.now();
    if (this.complaint.message === message && now - this.complaint.at < COMPLAIN_EVERY) return;
    this.complaint = { message, at: now };
    this.log.warn(`There is trouble with ${name}; what it holds stays there, or is sent again: ${oneLine(message)}`);
  }

  private async heeding<Result>(work: Promise<Result>): Promise<Result> {
    try {
      return await work;
    } catch (error) {
      if (ELSEWHERE.test((error as Error).message)) this.end(error as Error);
      throw error;
    }
  }
}

function idOf(source: string, id: string): string {
  return `${source}.${id}`;
}

/** @throws what the server said last, where the client tells only that the connection is closed. */
async function reached(redis: Redis): Promise<void> {
  let said: Error | undefined;
  const hear = (error: Error) => {
    said ??= error;
  };
  redis.on('error', hear);
  const late = setTimeout(() => {
    said ??= new Error(`no answer within ${OPEN_WITHIN} ms`);
    hangUp(redis);
  }, OPEN_WITHIN);
  try {
    await redis.connect();
  } catch (error) {
    throw said ?? error;
  } finally {
    clearTimeout(late);
    redis.on('error', () => undefined);
    redis.off('error', hear);
  }
  // Such as of a database that is not there: the client would go on in the first one.
  if (said) throw said;
}

function hangUp(redis: Redis): void {
  if (redis.status !== 'end') redis.disconnect();
}

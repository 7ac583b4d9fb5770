import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { Logger } from '@nestjs/common';
import { fullJitter } from '../../messaging/backoff.js';
import { USUAL_SYSTEM } from '../../topology/system-name.js';
import { Correspondence, Reception, whyOf, writeLetter } from '../broker-letters.js';
import { BrokerNotUsable } from '../broker-not-usable.js';
import { Parting } from '../parting.js';
import type { Acknowledgement, Batch, OnBatch, Transport } from '../transport.js';
import { answersOf, queueOf } from './names.js';
import { refusalOf } from './refusals.js';
import type { RedisServer } from './server.js';
import { Session } from './session.js';

/** Between attempts to reach the server, at most. In milliseconds. */
const LONGEST_WAIT = 5_000;
/** Who was connected for so long has not failed before. In milliseconds. */
const STEADY = 10_000;

/**
 * Over Redis, by BullMQ: a queue for each subscriber and partition, a job a batch, and answers as Redis publishes them,
 * to whoever listens at that moment: one that is lost only means that its batch is sent again. Neither has to survive
 * anything, because the outbox holds what has not been acknowledged.
 *
 *   apart ──connect()──▶ opening ──▶ open ──cut, silent, no primary any more──▶ waiting ──backoff──▶ opening
 *                           ├─ cannot be reached ──▶ one line in the log ──▶ waiting
 *                           └─ refused ──▶ connect() throws; later: one line in the log ──▶ waiting
 */
export class BullMqTransport implements Transport {
  private readonly log = new Logger('bullmq');
  private readonly correspondence = new Correspondence('bullmq');
  private readonly reception = new Reception('bullmq');
  private readonly receivers = new Map<string, OnBatch>();
  private readonly closing = new AbortController();
  private readonly answers: string;
  /** The ways from a source to a queue in which nothing lies that has had no answer. */
  private readonly clear = new Set<string>();
  private session: Session | undefined;
  private running: Promise<void> = Promise.resolve();
  private complaint: string | undefined;

  /**
   * @param app for the server's list of connections
   * @param system what all names on the server begin with
   */
  constructor(
    private readonly server: RedisServer,
    private readonly app: string,
    private readonly system = USUAL_SYSTEM,
  ) {
    this.answers = `${answersOf(system)}${randomUUID()}`;
  }

  /** @throws BrokerNotUsable where waiting will not help */
  async connect(): Promise<void> {
    try {
      await this.open();
    } catch (error) {
      if (error instanceof BrokerNotUsable) throw error;
      this.complain(error as Error);
    }
    this.running = this.stayConnected();
  }

  async send(batch: Batch): Promise<Acknowledgement> {
    const { source, subscriber, partition } = batch;
    const queue = queueOf(this.system, subscriber, partition);
    const way = `${source}.${queue}`;
    const answer = await this.correspondence.ask(async (id) => {
      const { session } = this;
      if (!session) throw new Error(this.complaint ?? 'Redis is not connected.');
      // Otherwise a letter a deadline would pile up while its receiver is away.
      if (!this.clear.delete(way)) await session.withdraw(queue, source);
      await session.post(queue, source, id, writeLetter({ id, replyTo: this.answers, batch }).join('\n'));
    });
    this.clear.add(way);
    return answer;
  }

  consume(subscriber: string, onBatch: OnBatch): void {
    this.receivers.set(subscriber, onBatch);
    const { session } = this;
    session?.consume(subscriber).catch((error: Error) => session.end(error));
  }

  async close(): Promise<void> {
    this.closing.abort();
    const parting = new Parting();
    const stopped = this.session?.stopConsuming();
    await this.reception.drained();
    await parting.waitFor(stopped);
    await this.reception.drained();
    this.correspondence.close();
    await this.session?.close(parting);
    await parting.waitFor(this.running);
  }

  private async stayConnected(): Promise<void> {
    for (let failures = 0; ; ) {
      if (this.session) {
        const since = performance.now();
        const reason = await this.session.ended;
        this.session = undefined;
        this.lost(reason);
        if (performance.now() - since > STEADY) failures = 0;
      }
      failures++;
      const wait = fullJitter(failures, 100, LONGEST_WAIT);
      await sleep(wait, undefined, { signal: this.closing.signal }).catch(() => undefined);
      if (this.closing.signal.aborted) return;
      await this.open().catch((error: Error) => this.complain(error));
    }
  }

  /** @throws BrokerNotUsable where the server says no; Error where it says nothing */
  private async open(): Promise<void> {
    try {
      await this.openSession();
    } catch (error) {
      const refusal = refusalOf(error, this.server, this.system);
      if (refusal) throw refusal;
      throw new Error(`Redis cannot be reached at ${this.server.shown} (${whyOf(error as NodeJS.ErrnoException)}).`);
    }
  }

  private async openSession(): Promise<void> {
    const session = await Session.open(this.server, { app: this.app, system: this.system }, this.answers, {
      onAnswer: (text) => this.correspondence.answered(text),
      onLetter: (subscriber, letter) => this.take(subscriber, letter),
    });
    if (this.closing.signal.aborted) return session.close(new Parting());
    // From here on answers to its letters go out on it.
    this.session = session;
    try {
      for (const subscriber of this.receivers.keys()) await session.consume(subscriber);
    } catch (error) {
      this.session = undefined;
      session.end(error as Error);
      this.correspondence.lost(error as Error);
      throw await session.ended;
    }
    if (this.complaint !== undefined) this.log.log(`Redis is connected again, at ${this.server.shown}.`);
    this.complaint = undefined;
  }

  private take(subscriber: string, letter: string): Promise<void> {
    const onBatch = this.receivers.get(subscriber) as OnBatch;
    return this.reception.take(subscriber, onBatch, letter, async (replyTo, text) => {
      if (!this.session) throw new Error('Redis is not connected.');
      this.session.answer(replyTo, text);
    });
  }

  private lost(reason: Error): void {
    const said = new Error(`The connection to Redis was lost: ${whyOf(reason)}.`);
    this.correspondence.lost(said);
    this.complain(said);
  }

  /** Once for each reason. */
  private complain(error: Error): void {
    if (this.complaint === error.message || this.closing.signal.aborted) return;
    this.complaint = error.message;
    if (error instanceof BrokerNotUsable) this.log.error(`${error.message} ${error.mend}`);
    else this.log.warn(`${error.message} Messages wait in the outbox, and it is tried again: ${this.server.mend}.`);
  }
}

import { setTimeout as sleep } from 'node:timers/promises';
import { Logger } from '@nestjs/common';
import { fullJitter } from '../../messaging/backoff.js';
import { USUAL_SYSTEM } from '../../topology/system-name.js';
import { Correspondence, Reception, whyOf, writeLetter } from '../broker-letters.js';
import { BrokerNotUsable } from '../broker-not-usable.js';
import { bytesOf } from '../lines.js';
import { Parting } from '../parting.js';
import type { Acknowledgement, Batch, OnBatch, Transport } from '../transport.js';
import { queueOf } from './intake.js';
import type { RabbitMqNode } from './nodes.js';
import { refusalOf } from './refusals.js';
import { DIRECT_REPLY, Session, type SessionEvents } from './session.js';

/** Between attempts to reach the broker, at most. In milliseconds. */
const LONGEST_WAIT = 5_000;
const UNREACHABLE = 'Start it, or correct AMQP_URL. It is tried again, and until then messages wait in the outbox.';
/** Who was connected for so long has not failed before. In milliseconds. */
const STEADY = 10_000;

/**
 * Over RabbitMQ: a quorum queue for each subscriber and partition, and answers straight back to the connection that
 * asked. The broker's confirms are not what makes it safe: only the receiver's acknowledgement moves a cursor. They are
 * asked for because a letter that the broker refuses is then sent again at once instead of after its deadline.
 *
 *   apart ──connect()──▶ opening ──▶ open ──cut, channel closed, queue deleted──▶ waiting ──backoff──▶ opening
 *                           ├─ no node can be reached ──▶ one line in the log ──▶ waiting
 *                           └─ refused ──▶ connect() throws; later: one line in the log ──▶ waiting
 */
export class RabbitMqTransport implements Transport {
  private readonly log = new Logger('rabbitmq');
  private readonly correspondence = new Correspondence('rabbitmq');
  private readonly reception = new Reception('rabbitmq');
  private readonly receivers = new Map<string, OnBatch>();
  private readonly closing = new AbortController();
  private session: Session | undefined;
  private opening: Promise<void> = Promise.resolve();
  private running: Promise<void> = Promise.resolve();
  private complaint: string | undefined;
  private readonly events: SessionEvents = {
    onAnswer: (content) => this.correspondence.answered(content),
    onLetter: (subscriber, content, answer) => {
      const onBatch = this.receivers.get(subscriber) as OnBatch;
      return this.reception.take(subscriber, onBatch, content, (_, text) => answer(text));
    },
  };

  /**
   * @param app for the broker's list of connections
   * @param system what all names on the broker begin with
   */
  constructor(
    private readonly nodes: readonly RabbitMqNode[],
    private readonly app: string,
    private readonly system = USUAL_SYSTEM,
  ) {}

  /** @throws BrokerNotUsable where waiting will not help */
  async connect(): Promise<void> {
    try {
      await this.open();
    } catch (error) {
      if (error instanceof BrokerNotUsable) throw error;
      this.complain(error as Error, UNREACHABLE);
    }
    this.running = this.stayConnected();
  }

  send(batch: Batch): Promise<Acknowledgement> {
    return this.correspondence.ask(async (id) => {
      if (!this.session) throw new Error(this.complaint ?? 'RabbitMQ is not connected.');
      const letter = bytesOf(writeLetter({ id, replyTo: DIRECT_REPLY, batch }));
      await this.session.post(queueOf(this.system, batch.subscriber, batch.partition), id, letter);
    });
  }

  consume(subscriber: string, onBatch: OnBatch): void {
    this.receivers.set(subscriber, onBatch);
    this.session?.consume(subscriber);
  }

  async close(): Promise<void> {
    this.closing.abort();
    const parting = new Parting();
    await parting.waitFor(this.opening);
    await this.session?.stopConsuming(parting);
    await this.reception.drained();
    this.correspondence.close();
    await this.session?.close(parting);
    await parting.waitFor(this.running);
  }

  private async stayConnected(): Promise<void> {
    const { signal } = this.closing;
    for (let failures = 0; !signal.aborted; ) {
      if (this.session) {
        const since = performance.now();
        this.lost(await this.session.ended);
        if (performance.now() - since > STEADY) failures = 0;
      }
      failures++;
      await sleep(fullJitter(failures, 100, LONGEST_WAIT), undefined, { signal }).catch(() => undefined);
      if (!signal.aborted) await this.open().catch((error: Error) => this.complain(error, UNREACHABLE));
    }
  }

  private open(): Promise<void> {
    this.opening = this.openAtOneOf(this.nodes);
    return this.opening;
  }

  /**
   * At the first that can be reached.
   * @throws BrokerNotUsable where one says no; Error where none says anything
   */
  private async openAtOneOf(nodes: readonly RabbitMqNode[]): Promise<void> {
    const failures: string[] = [];
    for (const node of nodes) {
      try {
        return await this.openAt(node);
      } catch (error) {
        const refusal = refusalOf(error, node, this.system);
        if (refusal) throw refusal;
        failures.push(`${node.shown} (${whyOf(error as NodeJS.ErrnoException)})`);
      }
    }
    throw new Error(`RabbitMQ cannot be reached at ${failures.join(', ')}.`);
  }

  private async openAt(node: RabbitMqNode): Promise<void> {
    const session = await Session.open(
      node,
      { app: this.app, system: this.system },
      this.events,
      this.receivers.keys(),
    );
    this.session = session;
    if (this.closing.signal.aborted) return session.end(new Error('this app has closed the connection'));
    // Who has come meanwhile.
    for (const subscriber of this.receivers.keys()) session.consume(subscriber);
    if (this.complaint !== undefined) this.log.log(`RabbitMQ is connected again, at ${node.shown}.`);
    this.complaint = undefined;
  }

  private lost(reason: Error): void {
    this.session = undefined;
    const error = new Error(`The connection to RabbitMQ was lost: ${whyOf(reason)}.`);
    this.correspondence.lost(error);
    this.complain(error, 'It is made again.');
  }

  /** Once for each reason. */
  private complain(error: Error, mend: string): void {
    if (this.complaint === error.message || this.closing.signal.aborted) return;
    this.complaint = error.message;
    if (error instanceof BrokerNotUsable) this.log.error(`${error.message} ${error.mend}`);
    else this.log.warn(`${error.message} ${mend}`);
  }
}

import type { Msg, MsgCallback, NatsConnection, Subscription } from '@nats-io/transport-node';
import { PARTITIONS } from '../../messaging/layout.js';
import { Reception } from '../broker-letters.js';
import type { Parting } from '../parting.js';
import type { OnBatch } from '../transport.js';
import { PRESENT_EVERY } from './instances.js';
import { lastOf, type Subjects } from './subjects.js';

/** The same for all: the server gives a letter to one of a group. */
const GROUP = 'seamline';
/** Letters being taken at once: a sender has one under way a partition, so nobody who is in order comes near it. */
const MOST_LETTERS = 256;

/**
 * What is received. Letters come to this instance's own address from senders that have heard of it, and by the queue from
 * those that have not; such a one is told at once who has its letter, so that it can ask. An empty letter asks whether the
 * one with this `reply` is still being taken.
 */
export class Inbound {
  private readonly reception = new Reception('nats');
  private readonly receivers = new Map<string, OnBatch>();
  /** Letters being taken, by where their answers go. */
  private readonly underWay = new Set<string>();
  private queues: Subscription[] = [];
  private announcing: NodeJS.Timeout | undefined;
  private isEnding = false;

  constructor(
    /** Of this process. */
    private readonly name: string,
    private readonly subjects: Subjects,
    private readonly connection: () => NatsConnection | undefined,
  ) {}

  consume(subscriber: string, onBatch: OnBatch): void {
    this.receivers.set(subscriber, onBatch);
    const connection = this.connection();
    if (!connection) return;
    this.listen(subscriber, connection);
    this.announce();
  }

  up(connection: NatsConnection): void {
    if (this.isEnding) return;
    this.queues = [];
    for (const subscriber of this.receivers.keys()) this.listen(subscriber, connection);
    this.announce();
  }

  /** Takes nothing that is new, and resolves when what is being taken has been answered. */
  async end(parting: Parting): Promise<void> {
    this.isEnding = true;
    clearInterval(this.announcing);
    for (const subscriber of this.receivers.keys()) this.publish(this.subjects.partingOf(subscriber), this.name);
    const connection = this.connection();
    // What the server has given to this instance already is still taken.
    const given = Promise.allSettled(this.queues.map((queue) => queue.drain()));
    if (connection) await parting.waitFor(Promise.race([given, connection.closed()]));
    await this.reception.drained();
  }

  private listen(subscriber: string, connection: NatsConnection): void {
    const address = this.subjects.addressOf(subscriber, this.name);
    const byQueue: MsgCallback<Msg> = (error, letter) => {
      if (error) return;
      if (this.subjects.isAnswer(letter.reply)) this.publish(letter.reply, '', address);
      this.take(subscriber, letter);
    };
    for (let partition = 0; partition < PARTITIONS; partition++)
      this.queues.push(
        connection.subscribe(this.subjects.queueOf(subscriber, partition), { queue: GROUP, callback: byQueue }),
      );
    connection.subscribe(address, {
      callback: (error, letter) => {
        if (error) return;
        if (letter.data.length === 0 && this.subjects.isAnswer(letter.reply)) this.tell(letter.reply, address);
        else this.take(subscriber, letter);
      },
    });
  }

  private take(subscriber: string, { data, reply = '' }: Msg): void {
    const onBatch = this.receivers.get(subscriber) as OnBatch;
    if (this.underWay.size >= MOST_LETTERS) {
      if (this.subjects.isAnswer(reply)) this.refuse(reply, `${subscriber} is behind with ${MOST_LETTERS} batches`);
      return;
    }
    this.underWay.add(reply);
    void this.reception
      .take(subscriber, onBatch, data, async (replyTo, text) => {
        if (!this.subjects.isAnswer(replyTo)) throw new Error(`${replyTo} is no place for answers.`);
        this.publish(replyTo, text);
      })
      .finally(() => this.underWay.delete(reply));
  }

  /** Whether a letter is being taken. If not, its answer was lost on the way, or the letter itself. */
  private tell(reply: string, address: string): void {
    if (this.underWay.has(reply)) this.publish(reply, '', address);
    else this.refuse(reply, 'the batch or its answer was lost on the way');
  }

  private refuse(reply: string, failure: string): void {
    this.publish(reply, JSON.stringify({ id: lastOf(reply), failure }));
  }

  /** By whatever connection there is now; without one the sender asks, or sends again. */
  private publish(subject: string, text: string, reply?: string): void {
    this.connection()?.publish(subject, text, reply === undefined ? {} : { reply });
  }

  private announce(): void {
    const present = () => {
      for (const subscriber of this.receivers.keys()) this.publish(this.subjects.presenceOf(subscriber), this.name);
    };
    clearInterval(this.announcing);
    this.announcing = setInterval(present, PRESENT_EVERY).unref();
    present();
  }
}

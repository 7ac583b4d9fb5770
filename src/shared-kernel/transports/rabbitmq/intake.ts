import { setTimeout as sleep } from 'node:timers/promises';
import type { Channel, ConsumeMessage } from 'amqplib';
import { PARTITIONS } from '../../messaging/layout.js';
import type { Parting } from '../parting.js';

/** Letters that are being handled at once, of one queue: that of a slow source holds up no other. */
const PREFETCH = 4;
/** How often an instance looks whether it has more than its share. In milliseconds. */
const SHARE_EVERY = 2_000;

/**
 * Replicated, and served by one instance at a time. It has no limit of deliveries of its own: a letter expires when its
 * sender has given it up, so one that ends every process that takes it is not handed on for ever, and its sender, whose
 * cursor stands still, says so in its log.
 */
const QUEUE = { durable: true, arguments: { 'x-queue-type': 'quorum', 'x-single-active-consumer': true } };
/** Nothing is ever in it. The broker does not count those who wait for their turn at a queue, but it counts these. */
const INSTANCES = { durable: true, arguments: { 'x-queue-type': 'quorum' } };

/** Takes a letter to its end, and never rejects. */
export type OnLetter = (subscriber: string, message: ConsumeMessage) => Promise<void>;

export function queueOf(system: string, subscriber: string, partition: number): string {
  return `${system}.${subscriber}.${partition}`;
}

/**
 * What one instance takes from the queues, over one channel.
 *
 *   a queue    in line ──a letter came──▶ serving ──others have less──▶ at the end of the line
 *
 * The broker lets the first in line serve a queue until it goes, and tells nobody. So whoever has been here longest would
 * serve all; it lets go of what is above its share: partitions divided by instances, rounded up.
 */
export class Intake {
  private readonly subscribers = new Set<string>();
  private readonly places = new Map<string, Place>();
  private readonly taking = new Set<Promise<void>>();
  private readonly stopping = new AbortController();
  private sharing: Promise<void> = Promise.resolve();

  /** @param onBroken when no more letters will come over this channel */
  constructor(
    private readonly channel: Channel,
    private readonly system: string,
    private readonly onLetter: OnLetter,
    private readonly onBroken: (reason: Error) => void,
  ) {}

  async start(subscribers: Iterable<string>): Promise<void> {
    await this.channel.prefetch(PREFETCH);
    for (const subscriber of subscribers) await this.consume(subscriber);
    this.sharing = this.keepSharing().catch(this.onBroken);
  }

  /** Takes what is in the queues of a module, and makes them where they are missing. */
  async consume(subscriber: string): Promise<void> {
    if (this.subscribers.has(subscriber)) return;
    this.subscribers.add(subscriber);
    const instances = instancesOf(this.system, subscriber);
    await this.channel.assertQueue(instances, INSTANCES);
    await this.channel.consume(instances, () => undefined, { noAck: true });
    for (let partition = 0; partition < PARTITIONS; partition++) {
      const queue = queueOf(this.system, subscriber, partition);
      await this.channel.assertQueue(queue, QUEUE);
      await this.standInLine(subscriber, queue);
    }
  }

  /** The channel is gone. */
  abandon(): void {
    this.stopping.abort();
  }

  /** Lets no more letters come, and resolves when those that have come are taken. */
  async stop(parting: Parting): Promise<void> {
    this.stopping.abort();
    // A broker that takes no messages now hears nothing else either.
    await parting.waitFor(this.leaveLines());
    await Promise.all(this.taking);
  }

  private async leaveLines(): Promise<void> {
    await this.sharing;
    await Promise.all([...this.places.values()].map(({ tag }) => this.channel.cancel(tag)));
  }

  private async standInLine(subscriber: string, queue: string): Promise<void> {
    const place = { subscriber, tag: '', serves: false };
    this.places.set(queue, place);
    const { consumerTag } = await this.channel.consume(queue, (message) => {
      place.serves = true;
      if (message) this.take(subscriber, message);
      else this.onBroken(new Error(`the queue ${queue} was deleted`));
    });
    place.tag = consumerTag;
  }

  private take(subscriber: string, message: ConsumeMessage): void {
    const taken = this.onLetter(subscriber, message)
      .then(() => this.channel.ack(message))
      // Of a channel that has closed meanwhile the broker delivers it again.
      .catch((error: Error) => this.onBroken(error))
      .finally(() => this.taking.delete(taken));
    this.taking.add(taken);
  }

  private async keepSharing(): Promise<void> {
    const { signal } = this.stopping;
    while (!signal.aborted) {
      await sleep(SHARE_EVERY, undefined, { signal }).catch(() => undefined);
      for (const subscriber of this.subscribers) if (!signal.aborted) await this.share(subscriber);
    }
  }

  private async share(subscriber: string): Promise<void> {
    const served = [...this.places].filter(([, place]) => place.serves && place.subscriber === subscriber);
    if (served.length < 2) return;
    const { consumerCount } = await this.channel.checkQueue(instancesOf(this.system, subscriber));
    for (const [queue, { tag }] of served.slice(Math.ceil(PARTITIONS / Math.max(1, consumerCount)))) {
      await this.channel.cancel(tag);
      await this.standInLine(subscriber, queue);
    }
  }
}

function instancesOf(system: string, subscriber: string): string {
  return `${system}.${subscriber}.instances`;
}

interface Place {
  readonly subscriber: string;
  tag: string;
  serves: boolean;
}

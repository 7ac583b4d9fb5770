import type { Msg, NatsConnection } from '@nats-io/transport-node';
import { Correspondence, writeLetter } from '../broker-letters.js';
import { bytesOf } from '../lines.js';
import type { Acknowledgement, Batch } from '../transport.js';
import { Instances, SILENCE } from './instances.js';
import { isName, lastOf, type Subjects } from './subjects.js';

/** Who has not answered yet is asked so often whether he is still at it. In milliseconds. */
const ASK_EVERY = 1_000;
/** The status by which the server says that nobody listens. Source: NATS documentation, "Request-Reply", no responders. */
const NO_RESPONDERS = 503;

/** The instance that had the letter is gone, and another may take it. */
class Gone extends Error {}

interface Posted {
  readonly subject: string;
  readonly subscriber: string;
  /** Who has it, as far as that is known. */
  instance: string | undefined;
  heardAt: number;
  readonly giveUp: (why: Error) => void;
}

/**
 * What is sent, until it is answered:
 *
 *   posted to the owner of its partition, or to the queue while none is known
 *     │├─ answer ──▶ resolved, or rejected with what the receiver says
 *     │├─ no answer ──▶ its receiver is asked every second whether it is still at it ──silence, nobody there──▶ once more,
 *     ││              to the next owner or to the queue ──▶ rejected
 *     │└─ connection broken ──▶ rejected
 *
 * Instances of a module share its partitions as their names are in order, so all senders find the same owner, and it moves
 * only when instances come or go.
 */
export class Outbound {
  private readonly correspondence = new Correspondence('nats');
  private readonly posted = new Map<string, Posted>();
  private readonly instances = new Map<string, Instances>();
  private asking: NodeJS.Timeout | undefined;

  constructor(
    /** Of this process. */
    private readonly name: string,
    private readonly subjects: Subjects,
    private readonly connection: () => NatsConnection | undefined,
  ) {}

  up(connection: NatsConnection): void {
    connection.subscribe(this.subjects.answerTo(this.name, '*'), {
      callback: (error, answer) => {
        if (!error) this.hear(answer);
      },
    });
    // A word to itself: whoever may not publish here may not answer either, and hears of it at the start.
    connection.publish(this.subjects.answerTo(this.name, 'self'));
    for (const [subscriber, instances] of this.instances) this.hearOf(subscriber, instances, connection);
  }

  async send(batch: Batch): Promise<Acknowledgement> {
    try {
      return await this.post(batch);
    } catch (error) {
      if (!(error instanceof Gone)) throw error;
      return this.post(batch);
    }
  }

  /** Nothing that was posted will be answered. */
  lost(why: Error): void {
    this.correspondence.lost(why);
  }

  /** The server lets nobody publish there. */
  refused(subject: string, why: Error): void {
    for (const posted of this.posted.values()) if (posted.subject === subject) posted.giveUp(why);
  }

  close(): void {
    this.correspondence.close();
  }

  private async post(batch: Batch): Promise<Acknowledgement> {
    const { subscriber, partition } = batch;
    const instance = this.instancesOf(subscriber).ownerOf(partition, performance.now());
    const subject = instance
      ? this.subjects.addressOf(subscriber, instance)
      : this.subjects.queueOf(subscriber, partition);
    let id = '';
    try {
      return await this.correspondence.ask((given) => {
        id = given;
        return this.publish(id, batch, { subject, subscriber, instance });
      });
    } finally {
      this.posted.delete(id);
      if (this.posted.size === 0) this.stopAsking();
    }
  }

  /** Rejects when there will be no answer, and never resolves: the answer comes by itself. */
  private publish(id: string, batch: Batch, to: Pick<Posted, 'subject' | 'subscriber' | 'instance'>): Promise<never> {
    const connection = this.connection();
    if (!connection) return Promise.reject(new Error('NATS cannot be reached now.'));
    const replyTo = this.subjects.answerTo(this.name, id);
    const bytes = bytesOf(writeLetter({ id, replyTo, batch }));
    return new Promise((_, reject) => {
      this.posted.set(id, { ...to, heardAt: performance.now(), giveUp: reject });
      connection.publish(to.subject, bytes, { reply: replyTo });
      this.startAsking();
    });
  }

  private hear(answer: Msg): void {
    if (answer.data.length > 0) {
      this.correspondence.answered(answer.data);
      return;
    }
    const posted = this.posted.get(lastOf(answer.subject));
    if (!posted) return;
    if (answer.headers?.code === NO_RESPONDERS) this.gone(posted, 'no instance listens at NATS');
    else {
      posted.heardAt = performance.now();
      posted.instance = this.subjects.instanceIn(posted.subscriber, answer.reply) ?? posted.instance;
    }
  }

  /** @param why where it is not known who had it */
  private gone({ subscriber, instance, giveUp }: Posted, why: string): void {
    if (!instance) {
      giveUp(new Error(`${subscriber}: ${why}`));
      return;
    }
    this.instancesOf(subscriber).leave(instance);
    giveUp(new Gone(`the instance of ${subscriber} that had them is gone`));
  }

  private instancesOf(subscriber: string): Instances {
    const known = this.instances.get(subscriber);
    if (known) return known;
    const instances = new Instances();
    this.instances.set(subscriber, instances);
    const connection = this.connection();
    if (connection) this.hearOf(subscriber, instances, connection);
    return instances;
  }

  private hearOf(subscriber: string, instances: Instances, connection: NatsConnection): void {
    const on = (subject: string, heard: (instance: string) => void) =>
      connection.subscribe(subject, {
        callback: (error, message) => {
          const instance = error ? '' : Buffer.from(message.data).toString('latin1');
          if (isName(instance)) heard(instance);
        },
      });
    on(this.subjects.presenceOf(subscriber), (instance) => instances.hear(instance, performance.now()));
    on(this.subjects.partingOf(subscriber), (instance) => instances.leave(instance));
  }

  private startAsking(): void {
    this.asking ??= setInterval(() => this.ask(performance.now()), ASK_EVERY).unref();
  }

  private stopAsking(): void {
    clearInterval(this.asking);
    this.asking = undefined;
  }

  private ask(now: number): void {
    for (const [id, posted] of this.posted) {
      const { subscriber, instance, heardAt } = posted;
      if (now - heardAt > SILENCE) this.gone(posted, `not a word within ${SILENCE} ms`);
      else if (instance && now - heardAt > ASK_EVERY / 2)
        this.connection()?.publish(this.subjects.addressOf(subscriber, instance), '', {
          reply: this.subjects.answerTo(this.name, id),
        });
    }
  }
}

import type { Duplex } from 'node:stream';
import { Logger } from '@nestjs/common';
import { type Channel, type ChannelModel, type ConfirmChannel, connect } from 'amqplib';
import { ANSWER_DEADLINE } from '../broker-letters.js';
import type { Caller } from '../caller.js';
import type { Parting } from '../parting.js';
import { Intake } from './intake.js';
import type { RabbitMqNode } from './nodes.js';
import { mustFit } from './refusals.js';

/** Stands for the sender's own connection: the broker writes the address in, and keeps no queue for it. */
export const DIRECT_REPLY = 'amq.rabbitmq.reply-to';
const JSON_TYPE = { contentType: 'application/json' };

/** What happens on a session. */
export interface SessionEvents {
  onAnswer(content: Buffer): void;
  /** Resolves when the broker may forget the letter; never rejects. */
  onLetter(subscriber: string, content: Buffer, answer: (text: string) => Promise<void>): Promise<void>;
}

/**
 * One connection with the broker: letters and answers go out on one of its channels, letters come in on the other. When
 * any of the three closes, or a queue is deleted, all of it has ended, and whoever needs one opens the next.
 */
export class Session {
  /** Resolves with the reason. */
  readonly ended: Promise<Error>;
  private readonly log = new Logger('rabbitmq');
  private readonly posted = new Map<string, (error: Error) => void>();
  private readonly intake: Intake;
  private blocked: Error | undefined;
  private reason: Error | undefined;
  private tellEnd!: (reason: Error) => void;

  private constructor(
    private readonly connection: ChannelModel,
    private readonly outgoing: ConfirmChannel,
    private readonly incoming: Channel,
    private readonly system: string,
    private readonly events: SessionEvents,
  ) {
    this.ended = new Promise((resolve) => {
      this.tellEnd = resolve;
    });
    connection.on('close', (error) => this.end(error ?? new Error('the connection was closed')));
    connection.on('blocked', (reason) => this.block(reason));
    connection.on('unblocked', () => this.unblock());
    for (const each of [connection, outgoing, incoming]) each.on('error', (error: Error) => this.end(error));
    for (const channel of [outgoing, incoming]) channel.on('close', () => this.end(new Error('a channel was closed')));
    outgoing.on('return', ({ fields, properties }) => this.returned(fields.routingKey, properties.messageId));
    this.intake = new Intake(
      incoming,
      system,
      (subscriber, { content, properties }) =>
        events.onLetter(subscriber, content, async (text) => this.answer(properties.replyTo, text)),
      (reason) => this.end(reason),
    );
  }

  /**
   * @param subscribers who take letters from the beginning
   * @throws BrokerNotUsable, or whatever the client says of a broker that cannot be reached or refuses something
   */
  static async open(
    node: RabbitMqNode,
    { app, system }: Caller,
    events: SessionEvents,
    subscribers: Iterable<string>,
  ): Promise<Session> {
    const clientProperties = { connection_name: `${system} ${app}` };
    const connection = await connect(node.address, { ...node.socket(), clientProperties });
    // An error that nobody listens to would end the process; whoever waits for a channel hears of it anyway.
    connection.on('error', () => undefined);
    try {
      mustFit(connection.connection.serverProperties, node);
      const channels = [await connection.createConfirmChannel(), await connection.createChannel()] as const;
      const session = new Session(connection, ...channels, system, events);
      await session.begin(subscribers);
      return session;
    } catch (error) {
      hangUp(connection, error as Error);
      throw error;
    }
  }

  consume(subscriber: string): void {
    this.intake.consume(subscriber).catch((error: Error) => this.end(error));
  }

  /**
   * Resolves when the broker has the letter in safety, which nobody need wait for.
   * @throws Error when it cannot be delivered, or the broker does not take it
   */
  async post(queue: string, id: string, letter: Buffer): Promise<void> {
    // The client would keep it in memory.
    if (this.blocked) throw this.blocked;
    // Nobody waits for its answer any more once it has expired.
    const options = {
      mandatory: true,
      messageId: id,
      replyTo: DIRECT_REPLY,
      expiration: ANSWER_DEADLINE,
      ...JSON_TYPE,
    };
    try {
      await new Promise<void>((resolve, reject) => {
        this.posted.set(id, reject);
        this.outgoing.publish('', queue, letter, options, (error) =>
          error ? reject(new Error(`RabbitMQ did not take it into ${queue}: ${error.message}`)) : resolve(),
        );
      });
    } finally {
      this.posted.delete(id);
    }
  }

  /** Lets no more letters come, and resolves when those that have come are taken, or the session has ended. */
  async stopConsuming(parting: Parting): Promise<void> {
    await Promise.race([this.intake.stop(parting).catch((error: Error) => this.end(error)), this.ended]);
  }

  async close(parting: Parting): Promise<void> {
    const closing = async () => {
      // A channel closes after all that was written on it; a connection does not wait for that.
      await Promise.all([this.outgoing.close(), this.incoming.close()]);
      await this.connection.close();
    };
    await parting.waitFor(Promise.race([closing(), this.ended]));
    this.end(new Error('this app has closed the connection'));
  }

  end(reason: Error): void {
    if (this.reason) return;
    this.reason = reason;
    this.intake.abandon();
    hangUp(this.connection, reason);
    this.tellEnd(reason);
  }

  private async begin(subscribers: Iterable<string>): Promise<void> {
    const work = async () => {
      const { outgoing, events } = this;
      await outgoing.consume(DIRECT_REPLY, (message) => message && events.onAnswer(message.content), { noAck: true });
      await this.intake.start(subscribers);
      await this.tryPosting();
    };
    // What ended the session says more than what could not be done after that.
    const ended = this.ended.then((reason) => Promise.reject(reason));
    await Promise.race([work(), ended]).catch((error) => Promise.reject(this.reason ?? error));
  }

  /** To nobody: only then does a broker say that it does not permit it. One that takes no messages now has permitted it. */
  private tryPosting(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.connection.once('blocked', () => resolve());
      this.outgoing.publish('', `${this.system}.nobody`, Buffer.alloc(0), {}, (error) =>
        error ? reject(error) : resolve(),
      );
    });
  }

  private answer(replyTo: unknown, text: string): void {
    // Nobody is answered elsewhere, or two receivers could be made to answer each other for ever.
    if (typeof replyTo !== 'string' || !replyTo.startsWith(`${DIRECT_REPLY}.`)) throw new Error('it has no address');
    this.outgoing.publish('', replyTo, Buffer.from(text), JSON_TYPE);
  }

  private returned(queue: string, id: string): void {
    const nobody = new Error(`RabbitMQ has no queue ${queue}: the app that takes from it has not been there yet.`);
    this.posted.get(id)?.(nobody);
  }

  private block(reason: string): void {
    this.blocked = new Error(`RabbitMQ takes no messages now: ${reason}.`);
    for (const reject of this.posted.values()) reject(this.blocked);
    this.log.warn(`${this.blocked.message} They wait in the outbox. Give it memory, or room on its disk.`);
  }

  private unblock(): void {
    this.blocked = undefined;
    this.log.log('RabbitMQ takes messages again.');
  }
}

/** The client itself would wait for the other end to hang up, which one that is frozen or cut off never does. */
function hangUp(connection: ChannelModel, reason: Error): void {
  (connection.connection as unknown as { readonly stream: Duplex }).stream.destroy(reason);
}

import { connect } from 'amqplib';
import type { Pipe } from './pipe.js';

/** Kept as safe as Seamline keeps its own. */
const QUORUM = { durable: true, arguments: { 'x-queue-type': 'quorum' } };

/** A quorum queue: confirmed by the broker to the sender, acknowledged by hand by the receiver. */
export const rabbitmq: Pipe = {
  receive: async ({ brokers, queue, atOnce }, take) => {
    const connection = await connect(brokers.rabbitmq as string);
    const channel = await connection.createChannel();
    await channel.assertQueue(queue, QUORUM);
    await channel.prefetch(atOnce);
    const { consumerTag } = await channel.consume(queue, async (letter) => {
      if (!letter) throw new Error('The queue was deleted.');
      await take(letter.content.toString());
      channel.ack(letter);
    });
    const close = async () => {
      await channel.cancel(consumerTag);
      await channel.deleteQueue(queue);
      await connection.close();
    };
    return { port: 0, close };
  },
  open: async ({ brokers, queue }) => {
    const connection = await connect(brokers.rabbitmq as string);
    const channel = await connection.createConfirmChannel();
    const post = (letter: string) =>
      new Promise<void>((resolve, reject) => {
        channel.sendToQueue(queue, Buffer.from(letter), { persistent: true }, (error) =>
          error ? reject(error) : resolve(),
        );
      });
    return { send: (letters) => Promise.all(letters.map(post)), close: () => connection.close() };
  },
};

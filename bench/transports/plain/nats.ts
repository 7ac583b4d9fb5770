import { connect, type Msg } from '@nats-io/transport-node';
import type { Pipe } from './pipe.js';

const ANSWER_WITHIN = 60_000;

/** Core NATS by request and reply, which is how to acknowledge where the server keeps nothing. */
export const nats: Pipe = {
  receive: async ({ brokers, queue }, take) => {
    const connection = await connect({ servers: brokers.nats as string });
    const taken = async (letter: Msg) => {
      await take(letter.string());
      letter.respond();
    };
    connection.subscribe(queue, {
      callback: (error, letter) => {
        if (error) throw error;
        void taken(letter);
      },
    });
    await connection.flush();
    return { port: 0, close: () => connection.drain() };
  },
  open: async ({ brokers, queue }) => {
    const connection = await connect({ servers: brokers.nats as string });
    return {
      send: (letters) =>
        Promise.all(letters.map((letter) => connection.request(queue, letter, { timeout: ANSWER_WITHIN }))),
      close: () => connection.close(),
    };
  },
};

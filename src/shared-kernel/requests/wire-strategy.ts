import { type CustomTransportStrategy, Server } from '@nestjs/microservices';
import type { Cancellation } from '../resilience/cancellation.js';
import { CHANNEL, type Wire } from '../transports/wire/wire.js';

/** Answers a question that came over the wire; see {@link Requests.answer}. Never rejects. */
export type AnswerQuestion = (question: Buffer, cancellation: Cancellation) => Promise<string>;

/**
 * The wire as a microservice of Nest: `app.connectMicroservice({ strategy })`, started by `startAllMicroservices()` once
 * the modules are initialised. Nest closes it after the last HTTP request, so that the app can ask others until then; the
 * wire answers what is under way before it lets go.
 */
export class WireStrategy extends Server implements CustomTransportStrategy {
  constructor(
    private readonly wire: Wire,
    answer: AnswerQuestion,
  ) {
    super();
    wire.answer(CHANNEL.query, answer);
  }

  listen(callback: (error?: unknown, address?: unknown) => void): void {
    this.wire.listen().then((address) => callback(undefined, address), callback);
  }

  close(): Promise<void> {
    return this.wire.close();
  }

  on(event: string): never {
    throw new Error(`The wire tells of no events, so nobody can listen to "${event}".`);
  }

  unwrap<Underlying>(): Underlying {
    return this.wire as Underlying;
  }
}

import { Logger } from '@nestjs/common';
import { ForeignLetter, linesIn, readAcknowledgement, readBatch, writeAcknowledgement, writeBatch } from './letters.js';
import type { Acknowledgement, Batch, OnBatch, Transport } from './transport.js';
import { CHANNEL, type Wire } from './wire/wire.js';

/**
 * App to app, with no broker between: a batch is a call, and the acknowledgement is its answer. The batches of a partition
 * go to the same instance as long as it can be reached.
 */
export class DirectTransport implements Transport {
  private readonly log = new Logger('direct');
  private readonly receivers = new Map<string, OnBatch>();
  private readonly underWay = new Set<Promise<unknown>>();
  private isClosing = false;

  constructor(
    private readonly wire: Wire,
    /** In which app a module lives. */
    private readonly appOf: (module: string) => string,
  ) {
    wire.answer(CHANNEL.batch, async (body) => writeAcknowledgement(await this.received(body)));
  }

  /** The wire is not its own: queries go over it too, so that whoever made it lets it listen, and closes it. */
  async connect(): Promise<void> {}

  async send(batch: Batch): Promise<Acknowledgement> {
    const { subscriber, partition } = batch;
    const answer = await this.wire.call(this.appOf(subscriber), CHANNEL.batch, writeBatch(batch), undefined, partition);
    return readAcknowledgement(answer.toString());
  }

  consume(subscriber: string, onBatch: OnBatch): void {
    this.receivers.set(subscriber, onBatch);
  }

  /** Takes no more batches, and finishes those under way. */
  async close(): Promise<void> {
    this.isClosing = true;
    await Promise.allSettled(this.underWay);
  }

  private async received(body: Buffer): Promise<Acknowledgement> {
    const batch = this.read(body);
    if (this.isClosing) throw new Error('This instance is about to end.');
    const onBatch = this.receivers.get(batch.subscriber);
    if (!onBatch) throw new Error(`No module "${batch.subscriber}" lives in this app: its topology is another one.`);
    const taking = onBatch(batch);
    this.underWay.add(taking);
    return taking.finally(() => this.underWay.delete(taking));
  }

  private read(body: Buffer): Batch {
    try {
      return readBatch(linesIn(body));
    } catch (error) {
      if (error instanceof ForeignLetter) this.log.warn(`What came as a batch is refused: ${error.message}`);
      throw error;
    }
  }
}

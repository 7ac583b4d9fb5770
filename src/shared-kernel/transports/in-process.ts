import type { Acknowledgement, Batch, OnBatch, Transport } from './transport.js';

/** Sender and receiver share the process: sending is a call, and the acknowledgement is what it returns. */
export class InProcessTransport implements Transport {
  private readonly receivers = new Map<string, OnBatch>();

  async connect(): Promise<void> {}

  async send(batch: Batch): Promise<Acknowledgement> {
    const onBatch = this.receivers.get(batch.subscriber);
    if (!onBatch) throw new Error(`No module "${batch.subscriber}" receives messages in this process.`);
    return onBatch(batch);
  }

  consume(subscriber: string, onBatch: OnBatch): void {
    this.receivers.set(subscriber, onBatch);
  }

  async close(): Promise<void> {
    this.receivers.clear();
  }
}

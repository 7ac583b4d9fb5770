import type { InProcessTransport } from './in-process.js';
import type { Acknowledgement, Batch, OnBatch, Transport } from './transport.js';

/**
 * The transport of one app among several: to a module of the same app a batch is a call, to any other it goes over the
 * transport by which that module's app is reached.
 */
export class BetweenApps implements Transport {
  private readonly all: ReadonlySet<Transport>;

  /**
   * @param inbound how messages of other apps reach this one; undefined where none do
   * @param outbound by module, of those that live elsewhere
   */
  constructor(
    private readonly inProcess: InProcessTransport,
    private readonly inbound: Transport | undefined,
    private readonly outbound: ReadonlyMap<string, Transport>,
  ) {
    this.all = new Set([inProcess, ...(inbound ? [inbound] : []), ...outbound.values()]);
  }

  async connect(): Promise<void> {
    await Promise.all([...this.all].map((transport) => transport.connect()));
  }

  send(batch: Batch): Promise<Acknowledgement> {
    return (this.outbound.get(batch.subscriber) ?? this.inProcess).send(batch);
  }

  consume(subscriber: string, onBatch: OnBatch): void {
    this.inProcess.consume(subscriber, onBatch);
    this.inbound?.consume(subscriber, onBatch);
  }

  async close(): Promise<void> {
    await Promise.all([...this.all].map((transport) => transport.close()));
  }
}

import type { Envelope } from '../../../src/shared-kernel/contract/envelope.js';
import type { Acknowledgement, Batch, OnBatch, Transport } from '../../../src/shared-kernel/transports/transport.js';
import { FirstTaken } from '../../messaging/seamline/watched-transport.js';

/** The receiving end of a transport, and who looks at it: what the receiver acknowledges has been committed. */
export class WatchedInbound implements Transport {
  private readonly first = new FirstTaken();

  /** @param onTaken gets each batch once, when it was acknowledged */
  constructor(
    private readonly inner: Transport,
    private readonly onTaken: (messages: readonly Envelope[]) => void,
  ) {}

  connect(): Promise<void> {
    return this.inner.connect();
  }

  send(batch: Batch): Promise<Acknowledgement> {
    return this.inner.send(batch);
  }

  consume(subscriber: string, onBatch: OnBatch): void {
    this.inner.consume(subscriber, async (batch) => {
      const acknowledgement = await onBatch(batch);
      if (acknowledgement.kind === 'taken' && this.first.has(batch)) this.onTaken(batch.messages);
      return acknowledgement;
    });
  }

  close(): Promise<void> {
    return this.inner.close();
  }
}

import type { Envelope } from '../../../src/shared-kernel/contract/envelope.js';
import { InProcessTransport } from '../../../src/shared-kernel/transports/in-process.js';
import type { Acknowledgement, Batch } from '../../../src/shared-kernel/transports/transport.js';

/**
 * The transport of one process, and who looks at it: the acknowledgement is what the receiver answers as soon as its
 * transaction has committed, so its coming tells the moment of the effect, without a question to the database.
 */
export class WatchedTransport extends InProcessTransport {
  private readonly first = new FirstTaken();

  /** @param onTaken gets each batch once, and the moment of `performance.now()` at which it was acknowledged */
  constructor(private readonly onTaken: (messages: readonly Envelope[], at: number) => void) {
    super();
  }

  override async send(batch: Batch): Promise<Acknowledgement> {
    const acknowledgement = await super.send(batch);
    if (acknowledgement.kind === 'taken' && this.first.has(batch)) this.onTaken(batch.messages, performance.now());
    return acknowledgement;
  }
}

/** A batch that is sent again is acknowledged again: this knows the first time. */
export class FirstTaken {
  private readonly last = new Map<string, number>();

  /** Whether it was not asked for this batch before. */
  has({ source, partition, epoch, number }: Batch): boolean {
    const lane = `${source}/${partition}/${epoch}`;
    if (number <= (this.last.get(lane) ?? 0)) return false;
    this.last.set(lane, number);
    return true;
  }
}

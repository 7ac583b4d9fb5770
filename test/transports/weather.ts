import { setTimeout as sleep } from 'node:timers/promises';
import type { Acknowledgement, Batch, OnBatch, Transport } from '#kernel/transports/transport';

/** What a network does to batches beside carrying them. */
export class Weather {
  /** Every batch is sent twice at once. */
  doubles = false;
  /** One acknowledgement in so many is lost; none where 0. */
  losesOneIn = 0;
  /** How long a sender waits for an acknowledgement before it sends again, where that is less than usual. In milliseconds. */
  patience: number | undefined;

  clear(): void {
    this.doubles = false;
    this.losesOneIn = 0;
    this.patience = undefined;
  }
}

/** A transport out in the weather. */
export class Outdoors implements Transport {
  private sent = 0;

  constructor(
    private readonly transport: Transport,
    private readonly weather: Weather,
  ) {}

  connect(): Promise<void> {
    return this.transport.connect();
  }

  async send(batch: Batch): Promise<Acknowledgement> {
    const { doubles, losesOneIn } = this.weather;
    if (doubles) void this.transport.send(batch).catch(() => undefined);
    const answer = await this.patiently(this.transport.send(batch));
    if (losesOneIn > 0 && ++this.sent % losesOneIn === 0) throw new Error('the acknowledgement was lost on the way');
    return answer;
  }

  consume(subscriber: string, onBatch: OnBatch): void {
    this.transport.consume(subscriber, onBatch);
  }

  close(): Promise<void> {
    return this.transport.close();
  }

  private async patiently(answer: Promise<Acknowledgement>): Promise<Acknowledgement> {
    const { patience } = this.weather;
    if (patience === undefined) return answer;
    answer.catch(() => undefined);
    const settled = new AbortController();
    const late = sleep(patience, undefined, { signal: settled.signal }).then(
      () => Promise.reject(new Error(`no acknowledgement within ${patience} ms`)),
      () => answer,
    );
    return Promise.race([answer, late]).finally(() => settled.abort());
  }
}

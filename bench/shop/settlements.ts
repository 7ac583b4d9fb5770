import { setTimeout as pause } from 'node:timers/promises';
import pg from 'pg';

/** Between two looks, in milliseconds: so much later than it is, an order is seen to be settled, at most. */
const EVERY = 5;
/** In milliseconds. */
const PATIENCE = 60_000;

interface Waiting {
  readonly since: number;
  settled(status: string): void;
  failed(error: Error): void;
}

/**
 * Tells when orders are settled. It asks the database for all of them at once: customers who asked the apps again and again
 * would be a load of their own, and not the same one where an answer takes longer.
 */
export class Settlements {
  private readonly waiting = new Map<string, Waiting>();
  private isOver = false;
  private failure: Error | undefined;

  private constructor(
    private readonly client: pg.Client,
    private readonly running: Promise<void>,
  ) {}

  static async watch(databaseUrl: string): Promise<Settlements> {
    const client = new pg.Client({ connectionString: databaseUrl });
    await client.connect();
    const begun = Promise.withResolvers<void>();
    const settlements = new Settlements(client, begun.promise);
    settlements.run().then(begun.resolve, (error: Error) => {
      settlements.fail(error);
      begun.resolve();
    });
    return settlements;
  }

  /** The status of the order, once it is another one than `placed`. */
  of(order: string): Promise<string> {
    if (this.failure) return Promise.reject(this.failure);
    return new Promise((settled, failed) => {
      this.waiting.set(order, { since: performance.now(), settled, failed });
    });
  }

  async end(): Promise<void> {
    this.isOver = true;
    await this.running;
    await this.client.end();
  }

  private async run(): Promise<void> {
    for (; !this.isOver; await pause(EVERY)) {
      if (this.waiting.size === 0) continue;
      const { rows } = await this.client.query<{ id: string; status: string }>({
        name: 'settled',
        text: `select id, status from orders.customer_order where id = any ($1) and status <> 'placed'`,
        values: [[...this.waiting.keys()]],
      });
      for (const { id, status } of rows) {
        this.waiting.get(id)?.settled(status);
        this.waiting.delete(id);
      }
      this.mustNotWaitTooLong();
    }
  }

  private fail(error: Error): void {
    this.failure = error;
    for (const { failed } of this.waiting.values()) failed(error);
  }

  private mustNotWaitTooLong(): void {
    const [oldest] = this.waiting.values();
    if (oldest === undefined || performance.now() - oldest.since < PATIENCE) return;
    throw new Error(`An order is not settled after ${PATIENCE / 1000} s; ${this.waiting.size} wait.`);
  }
}

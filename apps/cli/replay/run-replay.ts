import { setTimeout as sleep } from 'node:timers/promises';
import { askUntil } from './ask-until.js';
import { eachOf } from './each-of.js';
import { amountIn, ZERO } from './exact-money.js';
import { keyOf } from './idempotency-keys.js';
import type { Adjustment, Document, Movement, Plan } from './plan.js';
import { demandOf } from './plan.js';
import type { Progress } from './progress.js';
import {
  type DocumentEvidence,
  type Evidence,
  endedWell,
  expectedStock,
  isSettled,
  type Refusal,
  type StockEvidence,
} from './reconcile.js';
import { type DocumentState, type Placed, Refused, type Shop, type Stock } from './shop.js';

export interface ReplayOptions {
  concurrency: number;
  /** Orders, returns and adjustments begun per second; undefined = as fast as the shop takes them. */
  rate: number | undefined;
  /** How long to wait while not one order settles. */
  settleMs: number;
  /** How long to wait for news of settled orders to reach billing and inventory while nothing changes there. */
  newsMs: number;
  backSince: () => number;
  signal: AbortSignal;
}

type Story = Pick<DocumentEvidence, 'status' | 'reason' | 'placedAt' | 'settledAt'>;
type PlacedDocuments = Map<Document, Placed>;

/** Sends the plan, waits until the shop has done its part, and asks what it made of it. */
export class Replay {
  private readonly refusals: Refusal[] = [];

  constructor(
    private readonly plan: Plan,
    private readonly shop: Shop,
    private readonly progress: Progress,
    private readonly options: ReplayOptions,
  ) {}

  async run(): Promise<Evidence> {
    const customers = await this.createCustomers();
    await this.createProducts();
    const before = await this.receiveStock();
    const placed = await this.sendDocuments(customers);
    const states = await this.settle(placed);
    const documents = await this.askBilling(placed, states);
    return { documents, stock: await this.askInventory(before), refusals: this.refusals };
  }

  private async createCustomers(): Promise<Map<string, string>> {
    const ids = new Map<string, string>();
    await this.each('customers', this.plan.customers, async (number) => {
      const id = await this.attempt(`customer ${number}`, () => this.shop.ensureCustomer(number));
      if (id !== undefined) ids.set(number, id);
    });
    return ids;
  }

  private async createProducts(): Promise<void> {
    await this.each('products', this.plan.products, async (product) => {
      await this.attempt(`product ${product.sku}`, () => this.shop.ensureProduct(product));
    });
    this.shop.expectNewsToTravel();
  }

  private async receiveStock(): Promise<Map<Movement, number>> {
    const before = new Map<Movement, number>();
    await this.each('stock', this.plan.movements, async (movement) => {
      const available = await this.attempt(`stock of ${movement.sku}`, () => this.receive(movement));
      if (available !== undefined) before.set(movement, available);
    });
    return before;
  }

  /** Receives the demand; gives what was available before the first run of this file, by the answer on record. */
  private async receive(movement: Movement): Promise<number> {
    const { sku, digest } = movement;
    const demand = demandOf(movement);
    if (demand === 0) return this.count(movement);
    const after = await this.shop.receive(sku, demand, keyOf('receipt', digest, sku));
    return after.available - demand;
  }

  /**
   * Of an SKU that is only returned nothing has to be received; one piece in and out again puts on record what was
   * there before, as a receipt does for the others.
   */
  private async count({ sku, digest }: Movement): Promise<number> {
    const after = await this.shop.receive(sku, 1, keyOf('count-in', digest, sku));
    await this.shop.adjust({
      sku,
      quantity: -1,
      reason: 'counted before replay',
      key: keyOf('count-out', digest, sku),
    });
    return after.available - 1;
  }

  private async sendDocuments(customers: Map<string, string>): Promise<PlacedDocuments> {
    const placed: PlacedDocuments = new Map();
    const started = performance.now();
    let begun = 0;
    await this.each('orders', this.plan.documents, async (entry) => {
      await this.keepPace(started, begun++);
      if (entry.kind === 'adjustment') return this.adjust(entry);
      const answer = await this.attempt(entry.label, () => this.place(entry, customers));
      if (answer !== undefined) placed.set(entry, answer);
    });
    return placed;
  }

  private async keepPace(started: number, begun: number): Promise<void> {
    const { rate, signal } = this.options;
    if (rate === undefined) return;
    const early = started + (begun * 1000) / rate - performance.now();
    if (early > 0) await sleep(early, undefined, { signal });
  }

  private async adjust(adjustment: Adjustment): Promise<void> {
    await this.attempt(adjustment.label, () => this.shop.adjust(adjustment));
  }

  private async place(document: Document, customers: Map<string, string>): Promise<Placed> {
    const customerId = document.customer === undefined ? undefined : customers.get(document.customer);
    if (document.customer !== undefined && customerId === undefined) {
      throw new Refused(`customer ${document.customer} could not be created`);
    }
    return this.shop.place(document, customerId);
  }

  private async settle(placed: PlacedDocuments): Promise<Map<Document, DocumentState>> {
    return this.ask('settling', placed.keys(), this.options.settleMs, {
      ask: (document) => this.shop.stateOf(document.kind, placed.get(document)?.id ?? ''),
      done: (document, { status }) => isSettled(document.kind, status),
      name: (document) => document.label,
    });
  }

  private async askBilling(
    placed: PlacedDocuments,
    states: Map<Document, DocumentState>,
  ): Promise<Map<Document, DocumentEvidence>> {
    const due = (document: Document) =>
      endedWell(document.kind, states.get(document)?.status ?? '') ? document.total : ZERO;
    const billed = await this.ask(
      'billing',
      [...states.keys()].filter((document) => document.total.gt(0)),
      this.options.newsMs,
      {
        ask: (document) => {
          const id = placed.get(document)?.id ?? '';
          return document.kind === 'order' ? this.shop.paidFor(id) : this.shop.creditedFor(id);
        },
        done: (document, amount) => amount.eq(due(document)),
        name: (document) => `billing of ${document.label}`,
      },
    );
    return new Map(
      [...states].map(([document, state]) => {
        const { total, replayed } = placed.get(document) as Placed;
        return [
          document,
          { ...storyOf(document, state), total: amountIn(total), replayed, billed: billed.get(document) ?? ZERO },
        ];
      }),
    );
  }

  private async askInventory(before: Map<Movement, number>): Promise<Map<string, StockEvidence>> {
    const now = await this.ask('inventory', before.keys(), this.options.newsMs, {
      ask: ({ sku }): Promise<Stock> => this.shop.stockOf(sku),
      done: (movement, { available }) =>
        available === expectedStock({ before: before.get(movement) ?? Number.NaN }, movement),
      name: ({ sku }) => `stock of ${sku}`,
    });
    return new Map(
      [...before].map(([movement, count]) => [
        movement.sku,
        { before: count, available: now.get(movement)?.available },
      ]),
    );
  }

  private async each<T>(name: string, items: T[], work: (item: T) => Promise<void>): Promise<void> {
    const phase = this.progress.phase(name, items.length);
    await eachOf(items, this.options.concurrency, async (item) => {
      await work(item);
      phase.step();
    });
    phase.end();
  }

  private async ask<T, A>(
    title: string,
    items: Iterable<T>,
    patienceMs: number,
    {
      ask,
      done,
      name,
    }: { ask: (item: T) => Promise<A>; done: (item: T, answer: A) => boolean; name: (item: T) => string },
  ): Promise<Map<T, A>> {
    const { concurrency, backSince, signal } = this.options;
    const all = [...items];
    const phase = this.progress.phase(title, all.length);
    const answers = await askUntil<T, A>({
      items: all,
      ask: (item) => this.attempt(name(item), () => ask(item)),
      done,
      onDone: () => phase.step(),
      concurrency,
      patienceMs,
      backSince,
      signal,
    });
    phase.end();
    return answers;
  }

  /** A refusal is a difference to report, not the end of the replay. */
  private async attempt<A>(what: string, action: () => Promise<A>): Promise<A | undefined> {
    try {
      return await action();
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      this.refusals.push({ what, reason: error.message });
      return undefined;
    }
  }
}

function storyOf({ kind }: Document, { history = [], status }: DocumentState): Story {
  const at = (wanted: (status: string) => boolean) => {
    const step = history.find((entry) => wanted(entry.status));
    return step && Date.parse(step.at);
  };
  return {
    status,
    reason: history.findLast((entry) => entry.status === status)?.reason,
    placedAt: at((past) => !isSettled(kind, past)),
    settledAt: at((past) => isSettled(kind, past)),
  };
}

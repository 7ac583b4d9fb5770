import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Type } from '@nestjs/common';
import pg from 'pg';
import type { MessageType, Payload } from '#kernel/contract/message';
import { ProductAdded } from '#modules/catalog/contract/product-added';
import type { RequestOptions, Response } from '#test/http';
import { type Scenario, startScenario } from '#test/scenario';
import { FulfilReservation } from '../contract/fulfil-reservation.js';
import { ReleaseStock } from '../contract/release-stock.js';
import { ReservationFulfilled } from '../contract/reservation-fulfilled.js';
import { ReserveStock } from '../contract/reserve-stock.js';
import { StockRefused } from '../contract/stock-refused.js';
import { StockReleased } from '../contract/stock-released.js';
import { StockReserved } from '../contract/stock-reserved.js';
import { StockTakenBack } from '../contract/stock-taken-back.js';
import { TakeBackStock } from '../contract/take-back-stock.js';
import { InventoryModule } from '../inventory.module.js';

type Lines = Payload<typeof ReserveStock>['lines'];
type Decision = 'reserved' | Payload<typeof StockRefused>['shortages'];
type Referring = MessageType & { readonly schema: (typeof StockReserved | typeof StockRefused)['schema'] };

/** Only a failing test waits so long. */
const PATIENCE_MS = 30_000;

/** Inventory as its neighbours see it, for its specs: products appear, stock is asked for over HTTP, commands answered. */
export class Shelf {
  private constructor(
    readonly scenario: Scenario,
    readonly admin: string,
    readonly customer: string,
  ) {}

  static async start(others: Type[] = []): Promise<Shelf> {
    const scenario = await startScenario([InventoryModule, ...others]);
    const admin = await scenario.tokenFor({ id: randomUUID(), roles: ['admin', 'sales'] });
    return new Shelf(scenario, admin, await scenario.tokenFor({ id: randomUUID(), roles: ['customer'] }));
  }

  /** The catalog sells these from now on, and inventory has heard of it. */
  async add(skus: readonly string[], stocked = true): Promise<void> {
    for (const sku of skus) {
      await this.scenario.publish(ProductAdded, {
        sku,
        name: sku,
        price: { amount: '1.00', currency: 'GBP' },
        stocked,
      });
    }
    const heard = async (sku: string) => (await this.look(sku)).body.type !== 'urn:problem:unknown-sku';
    for (const sku of skus) await until(() => heard(sku), `inventory has heard of ${sku}`);
  }

  look(sku: string, token: string = this.admin): Promise<Response> {
    return this.scenario.request('GET', addressOf(sku), { token });
  }

  /** New products of which so many are there. */
  async stocked<Quantities extends number[]>(...quantities: Quantities): Promise<{ [At in keyof Quantities]: string }> {
    const skus = quantities.map(() => `S-${randomUUID()}`);
    await this.add(skus);
    for (const [at, sku] of skus.entries()) if (quantities[at]) await this.receive(sku, quantities[at]);
    return skus as { [At in keyof Quantities]: string };
  }

  /** That many new products, so many of each; straight into the table, as a thousand receipts would take their time. */
  async stockedAtOnce(count: number, quantity: number): Promise<string[]> {
    const skus = Array.from({ length: count }, () => `S-${randomUUID()}`);
    await this.sql('insert into inventory.stock (sku, stocked, on_hand) select unnest($1::text[]), true, $2', [
      skus,
      quantity,
    ]);
    return skus;
  }

  /** On hand, reserved, available. */
  async counts(sku = ''): Promise<unknown[]> {
    const { onHand, reserved, available } = (await this.look(sku)).body;
    return [onHand, reserved, available];
  }

  receive(sku: string, quantity: unknown, more: RequestOptions = {}): Promise<Response> {
    return this.post(`${addressOf(sku)}/receipts`, { quantity }, more);
  }

  adjust(sku: string, quantity: unknown, reason: unknown = 'counted', more: RequestOptions = {}): Promise<Response> {
    return this.post(`${addressOf(sku)}/adjustments`, { quantity, reason }, more);
  }

  /** Answers what inventory answered. */
  async reserve(reference: string, lines: Lines): Promise<Decision> {
    const refusals = this.answers(StockRefused, reference).length;
    await this.ask(ReserveStock, { reference, lines }, StockReserved, StockRefused);
    return this.answers(StockRefused, reference)[refusals]?.shortages ?? 'reserved';
  }

  /** What inventory answers to the commands to reserve for these, whoever sent them. */
  async decisions(references: readonly string[]): Promise<Decision[]> {
    const known = () =>
      new Map<string, Decision>([
        ...this.scenario.events(StockReserved).map(({ reference }) => [reference, 'reserved'] as const),
        ...this.scenario.events(StockRefused).map(({ reference, shortages }) => [reference, shortages] as const),
      ]);
    const all = (decisions: Map<string, Decision>) => references.every((reference) => decisions.has(reference));
    await until(() => all(known()), `all ${references.length} reservations are decided`);
    return references.map((reference) => known().get(reference) as Decision);
  }

  release(reference: string): Promise<void> {
    return this.ask(ReleaseStock, { reference }, StockReleased);
  }

  fulfil(reference: string): Promise<void> {
    return this.ask(FulfilReservation, { reference }, ReservationFulfilled);
  }

  takeBack(reference: string, lines: Lines): Promise<void> {
    return this.ask(TakeBackStock, { reference, lines }, StockTakenBack);
  }

  /** Why the command for this reference could not be met for now. */
  async whyParked(reference: string): Promise<unknown> {
    const parked = () => this.sql('select reason from inventory.parked where key = $1', [reference]);
    await until(async () => (await parked()).length > 0, `the command for ${reference} is parked`);
    return (await parked())[0]?.reason;
  }

  /** On hand and reserved, as the ledger's entries add up. */
  async ledger(sku = ''): Promise<number[]> {
    const [sums] = await this.sql(
      `select coalesce(sum(case when kind in ('receipt', 'adjustment', 'take-back') then quantity
                                when kind = 'fulfil' then -quantity end), 0)::int as on_hand,
              coalesce(sum(case when kind = 'reserve' then quantity
                                when kind in ('release', 'fulfil') then -quantity end), 0)::int as reserved
         from inventory.movement where sku = $1`,
      [sku],
    );
    return [sums?.on_hand, sums?.reserved] as number[];
  }

  /** How often PostgreSQL had to break a circle of waiting transactions. Sessions tell of it when they end. */
  async deadlocks(): Promise<number> {
    await this.scenario.restart();
    const [database] = await this.sql('select deadlocks::int from pg_stat_database where datname = current_database()');
    return database?.deadlocks as number;
  }

  private async sql(statement: string, values: unknown[] = []): Promise<Record<string, unknown>[]> {
    const client = new pg.Client({ connectionString: this.scenario.databaseUrl });
    await client.connect();
    try {
      return (await client.query(statement, values)).rows;
    } finally {
      await client.end();
    }
  }

  private post(path: string, body: unknown, more: RequestOptions): Promise<Response> {
    return this.scenario.request('POST', path, { token: this.admin, body, ...more });
  }

  private async ask<Type extends MessageType>(
    command: Type & { kind: 'command' },
    payload: Payload<Type> & { reference: string },
    ...events: Referring[]
  ): Promise<void> {
    const count = () => events.flatMap((event) => this.answers(event, payload.reference)).length;
    const before = count();
    await this.scenario.send(command, payload);
    await until(() => count() > before, `${command.name} is answered`);
  }

  private answers<Type extends Referring>(event: Type, reference: string): Payload<Type>[] {
    const all = this.scenario.events(event as Type & { kind: 'event' });
    return all.filter((answer) => answer.reference === reference);
  }
}

function addressOf(sku: string): string {
  return `/inventory/stock/${encodeURIComponent(sku)}`;
}

async function until(isSo: () => boolean | Promise<boolean>, what: string): Promise<void> {
  for (const deadline = Date.now() + PATIENCE_MS; Date.now() < deadline; await sleep(5)) {
    if (await isSo()) return;
  }
  throw new Error(`Waited in vain for this: ${what}.`);
}

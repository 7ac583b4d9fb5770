import { randomUUID } from 'node:crypto';
import type { Shelf } from './shelf.js';

/** Products and references by number, so that a run's steps can be said before its products are there. */
export interface Line {
  sku: number;
  quantity: number;
}

interface Counts {
  onHand: number;
  reserved: number;
}

/** What stock is about, said a second time without a database, messages or shortcuts. */
export class Model {
  readonly counts: Counts[];
  private readonly held = new Map<number, Line[]>();
  private readonly decisions = new Map<number, string>();
  private readonly returns = new Set<number>();

  constructor(products: number, onHand: number) {
    this.counts = Array.from({ length: products }, () => ({ onHand, reserved: 0 }));
  }

  receive(sku: number, quantity: number): number {
    return this.adjust(sku, quantity);
  }

  adjust(sku: number, quantity: number): number {
    const { onHand, reserved } = this.of(sku);
    if (onHand + quantity < reserved) return 422;
    this.of(sku).onHand += quantity;
    return 201;
  }

  reserve(reference: number, lines: Line[]): string {
    const decided = this.decisions.get(reference);
    if (decided) return decided;
    for (const { sku, quantity } of lines) this.of(sku).reserved += quantity;
    this.held.set(reference, lines);
    this.decisions.set(reference, 'reserved');
    if (this.counts.some(({ onHand, reserved }) => reserved > onHand)) this.release(reference);
    return this.decisions.get(reference) as string;
  }

  release(reference: number): void {
    for (const { sku, quantity } of this.letGo(reference)) this.of(sku).reserved -= quantity;
  }

  fulfil(reference: number): void {
    const lines = this.held.get(reference) ?? [];
    this.held.delete(reference);
    for (const { sku, quantity } of lines) {
      this.of(sku).reserved -= quantity;
      this.of(sku).onHand -= quantity;
    }
  }

  takeBack(reference: number, lines: Line[]): void {
    if (this.returns.has(reference)) return;
    this.returns.add(reference);
    for (const { sku, quantity } of lines) this.of(sku).onHand += quantity;
  }

  private letGo(reference: number): Line[] {
    const lines = this.held.get(reference);
    if (lines || !this.decisions.has(reference)) this.decisions.set(reference, 'refused');
    this.held.delete(reference);
    return lines ?? [];
  }

  private of(sku: number): Counts {
    return this.counts[sku] as Counts;
  }
}

/** The real thing, asked in the same words. */
export class Reality {
  private readonly references = new Map<number, string>();

  constructor(
    private readonly shelf: Shelf,
    private readonly skus: readonly string[],
  ) {}

  async receive(sku: number, quantity: number): Promise<number> {
    return (await this.shelf.receive(this.sku(sku), quantity)).status;
  }

  async adjust(sku: number, quantity: number): Promise<number> {
    return (await this.shelf.adjust(this.sku(sku), quantity)).status;
  }

  async reserve(reference: number, lines: Line[]): Promise<string> {
    const decision = await this.shelf.reserve(this.reference(reference), this.lines(lines));
    return decision === 'reserved' ? decision : 'refused';
  }

  release(reference: number): Promise<void> {
    return this.shelf.release(this.reference(reference));
  }

  fulfil(reference: number): Promise<void> {
    return this.shelf.fulfil(this.reference(reference));
  }

  takeBack(reference: number, lines: Line[]): Promise<void> {
    return this.shelf.takeBack(this.reference(reference), this.lines(lines));
  }

  private lines(lines: Line[]) {
    return lines.map(({ sku, quantity }) => ({ sku: this.sku(sku), quantity }));
  }

  private sku(sku: number): string {
    return this.skus[sku] as string;
  }

  private reference(reference: number): string {
    const known = this.references.get(reference) ?? randomUUID();
    this.references.set(reference, known);
    return known;
  }
}

import { type Line, type Shelf, type Shortage, shortagesOf, totalsOf } from './lines.js';

/**
 * What was decided about one reference, once and for good: whoever asks again hears the same answer.
 *
 *   (none) ──enough of all──▶ reserved ──fulfil──▶ fulfilled
 *     │ │                        └─────release───▶ released
 *     │ └──too little of any──▶ refused
 *     └──release──▶ released: a request to reserve that comes after it sets nothing aside
 *
 * A release or a fulfilment in any other state changes nothing: goods that have left are not given back.
 */
export class Reservation {
  readonly reference: string;
  private state: 'reserved' | 'refused' | 'released' | 'fulfilled';
  /** Each SKU once. */
  readonly lines: readonly Line[];
  /** Why it was refused. */
  readonly shortages: readonly Shortage[];
  version = 1;

  constructor(
    details: Pick<Reservation, 'reference' | 'lines' | 'shortages'> & { state: 'refused' | 'reserved' | 'released' },
  ) {
    this.reference = details.reference;
    this.state = details.state;
    this.lines = details.lines;
    this.shortages = details.shortages;
  }

  /** Reserves all the lines or none. */
  static decide(reference: string, lines: readonly Line[], shelf: Shelf): Reservation {
    const totals = totalsOf(lines);
    const shortages = shortagesOf(totals, shelf);
    return new Reservation({
      reference,
      state: shortages.length > 0 ? 'refused' : 'reserved',
      lines: totals,
      shortages,
    });
  }

  /** Released before it was made. */
  static forestalled(reference: string): Reservation {
    return new Reservation({ reference, state: 'released', lines: [], shortages: [] });
  }

  /** Whether its goods were set aside and not given back: they are here still, or have left for good. */
  get stands(): boolean {
    return this.state === 'reserved' || this.state === 'fulfilled';
  }

  /** Answers whether goods are to be given back. */
  release(): boolean {
    return this.leave('released');
  }

  /** Answers whether goods are to leave. */
  fulfil(): boolean {
    return this.leave('fulfilled');
  }

  private leave(to: 'released' | 'fulfilled'): boolean {
    if (this.state !== 'reserved') return false;
    this.state = to;
    return true;
  }
}

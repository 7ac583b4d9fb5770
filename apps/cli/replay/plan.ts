import { createHash, type Hash } from 'node:crypto';
import type Big from 'big.js';
import { amountOf, ZERO } from './exact-money.js';
import { keyOf } from './idempotency-keys.js';
import type { LineKind, OrderLine } from './order-line.js';

/** The shop takes at most this many lines an order or return; a longer invoice is sent in parts. */
export const MAX_LINES = 1000;
const MAX_NAME = 200;
/** Goods have codes that begin with five digits; postage, discounts and bank charges do not, and have no stock. */
const GOODS = /^\d{5}/;

export interface DocumentLine {
  sku: string;
  quantity: number;
  unitPrice: string;
}

/** One order or return to send: an invoice, or a part of one. */
export interface Document {
  kind: 'order' | 'return';
  key: string;
  /** How people know it: the invoice number, and the part where there are several. */
  label: string;
  invoice: string;
  customer: string | undefined;
  lines: DocumentLine[];
  total: Big;
}

export interface Adjustment {
  kind: 'adjustment';
  key: string;
  label: string;
  sku: string;
  /** As the shop takes it: below zero. */
  quantity: number;
  reason: string;
}

export interface Product {
  key: string;
  sku: string;
  name: string;
  price: string;
  stocked: boolean;
}

/** What a file does to the stock of one SKU, in pieces. */
export interface Movement {
  sku: string;
  ordered: number;
  returned: number;
  adjusted: number;
  /** Changes with any invoice that touches the SKU: receipts of another file are other receipts. */
  digest: string;
}

export interface LineCounts {
  invoices: number;
  lines: number;
}

/** Everything a replay sends, and what the shop must say afterwards. Sent in this order: the file's. */
export interface Plan {
  products: Product[];
  customers: string[];
  documents: (Document | Adjustment)[];
  movements: Movement[];
  counts: Record<LineKind, LineCounts>;
  /** Things that were read and cannot be replayed as they stand. */
  notices: string[];
}

/** What leaves by this file, which therefore has to be received first. */
export function demandOf({ ordered, adjusted }: Movement): number {
  return ordered + adjusted;
}

export function isDocument(entry: Document | Adjustment): entry is Document {
  return entry.kind !== 'adjustment';
}

interface Invoice {
  kind: 'order' | 'return';
  number: string;
  customer: string | undefined;
  lines: DocumentLine[];
}

interface MovementSoFar extends Omit<Movement, 'digest'> {
  trail: Hash;
}

interface ProductSoFar {
  name: string;
  price: string | undefined;
}

/** Takes the file line by line, so that it never has to be in memory as a whole, and turns it into a plan. */
export class PlanBuilder {
  private readonly customerOf = new Map<string, string | undefined>();
  private readonly invoices = new Map<string, Invoice>();
  private readonly sequence: (Invoice | Adjustment)[] = [];
  private readonly products = new Map<string, ProductSoFar>();
  private readonly movements = new Map<string, MovementSoFar>();
  private readonly notices: string[] = [];
  private readonly invoicesOf: Record<LineKind, Set<string>> = {
    order: new Set(),
    return: new Set(),
    adjustment: new Set(),
  };
  private readonly linesOf: Record<LineKind, number> = { order: 0, return: 0, adjustment: 0 };

  /** Returns the reason when the line does not fit the lines before it; it is left out then. */
  add(line: OrderLine): string | undefined {
    const fault = this.customerFault(line);
    if (fault !== undefined) return fault;
    this.customerOf.set(line.invoice, line.customer);
    this.invoicesOf[line.kind].add(line.invoice);
    this.linesOf[line.kind]++;
    this.describeProduct(line);
    if (line.kind === 'adjustment') this.adjust(line);
    else this.invoice(line, line.kind);
    return undefined;
  }

  build(): Plan {
    return {
      products: [...this.products].map(([sku, product]) => productOf(sku, product)),
      customers: [...new Set(this.customerOf.values())].filter((customer) => customer !== undefined),
      documents: this.sequence.flatMap<Document | Adjustment>((entry) =>
        entry.kind === 'adjustment' ? entry : documentsOf(entry),
      ),
      movements: [...this.movements.values()].map(({ trail, ...movement }) => ({
        ...movement,
        digest: trail.digest('hex').slice(0, 32),
      })),
      counts: {
        order: this.countsOf('order'),
        return: this.countsOf('return'),
        adjustment: this.countsOf('adjustment'),
      },
      notices: this.notices,
    };
  }

  private customerFault({ invoice, customer }: OrderLine): string | undefined {
    if (!this.customerOf.has(invoice)) return undefined;
    const known = this.customerOf.get(invoice);
    if (known === customer) return undefined;
    return `invoice ${invoice} belongs to ${customerName(known)}, this line to ${customerName(customer)}`;
  }

  private describeProduct({ sku, description, unitPrice }: OrderLine): void {
    const product = this.products.get(sku) ?? { name: '', price: undefined };
    product.name ||= presentable(description);
    if (/[1-9]/.test(unitPrice)) product.price ??= unitPrice;
    this.products.set(sku, product);
  }

  private invoice(line: OrderLine, kind: 'order' | 'return'): void {
    const lines = this.openInvoice(line, kind).lines;
    lines.push({ sku: line.sku, quantity: line.quantity, unitPrice: line.unitPrice });
    if (isStocked(line.sku)) this.move(line, kind === 'order' ? 'ordered' : 'returned');
  }

  private openInvoice({ invoice: number, customer }: OrderLine, kind: 'order' | 'return'): Invoice {
    const known = this.invoices.get(number);
    if (known) return known;
    const invoice: Invoice = { kind, number, customer, lines: [] };
    this.invoices.set(number, invoice);
    this.sequence.push(invoice);
    return invoice;
  }

  private adjust(line: OrderLine): void {
    const label = `adjustment of ${line.sku} (invoice ${line.invoice})`;
    if (/[1-9]/.test(line.unitPrice)) {
      this.notices.push(`${label}: its price of ${line.unitPrice} is left out, an adjustment moves no money`);
    }
    if (!isStocked(line.sku)) {
      this.notices.push(`${label}: not applicable, ${line.sku} is not kept in stock`);
      return;
    }
    this.move(line, 'adjusted');
    this.sequence.push({
      kind: 'adjustment',
      key: keyOf('adjustment', line.invoice, line.position),
      label,
      sku: line.sku,
      quantity: -line.quantity,
      reason: presentable(line.description) || `negative line of invoice ${line.invoice}`,
    });
  }

  private move({ sku, invoice, quantity }: OrderLine, way: 'ordered' | 'returned' | 'adjusted'): void {
    const movement = this.movements.get(sku) ?? {
      sku,
      ordered: 0,
      returned: 0,
      adjusted: 0,
      trail: createHash('sha256'),
    };
    movement[way] += quantity;
    movement.trail.update(`${invoice} ${way} ${quantity}\n`);
    this.movements.set(sku, movement);
  }

  private countsOf(kind: LineKind): LineCounts {
    return { invoices: this.invoicesOf[kind].size, lines: this.linesOf[kind] };
  }
}

export function customerName(customer: string | undefined): string {
  return customer ?? 'guest';
}

export function isStocked(sku: string): boolean {
  return GOODS.test(sku);
}

function productOf(sku: string, product: ProductSoFar): Product {
  return {
    key: keyOf('product', sku),
    sku,
    name: product.name || sku,
    price: product.price ?? amountOf(ZERO),
    stocked: isStocked(sku),
  };
}

function documentsOf({ kind, number, customer, lines }: Invoice): Document[] {
  const parts = Math.ceil(lines.length / MAX_LINES);
  return Array.from({ length: parts }, (_, index) => {
    const part = lines.slice(index * MAX_LINES, (index + 1) * MAX_LINES);
    return {
      kind,
      key: parts === 1 ? keyOf(kind, number) : keyOf(kind, number, index + 1),
      label: parts === 1 ? `${kind} ${number}` : `${kind} ${number} (part ${index + 1} of ${parts})`,
      invoice: number,
      customer,
      lines: part,
      total: totalOf(part),
    };
  });
}

function totalOf(lines: DocumentLine[]): Big {
  return lines.reduce((total, { quantity, unitPrice }) => total.plus(ZERO.plus(unitPrice).times(quantity)), ZERO);
}

/** Descriptions come with stray blanks and, inside quotes, with line breaks. */
function presentable(description: string): string {
  return description
    .replace(/[\p{Cc}\s]+/gu, ' ')
    .trim()
    .slice(0, MAX_NAME)
    .replace(/[\uD800-\uDBFF]$/, '');
}

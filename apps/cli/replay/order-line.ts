import { amountOf } from './exact-money.js';

export const COLUMNS = [
  'InvoiceNo',
  'StockCode',
  'Description',
  'Quantity',
  'InvoiceDate',
  'UnitPrice',
  'CustomerID',
  'Country',
] as const;

export type LineKind = 'order' | 'return' | 'adjustment';

/** One accepted line of the file. `quantity` is positive for every kind; the kind says which way the goods go. */
export interface OrderLine {
  kind: LineKind;
  invoice: string;
  /** Which line of its invoice it is, counted from 1, skipped ones too: mending a line renames no other. */
  position: number;
  sku: string;
  description: string;
  quantity: number;
  unitPrice: string;
  /** undefined = a guest. */
  customer: string | undefined;
}

const MAX_SKU = 40;
/** The most that one line of an order may ask for. */
const MAX_QUANTITY = 1_000_000;
const MAX_DECIMALS = 4;
/** An invoice number becomes part of an idempotency key, where `:` separates the parts. */
const INVOICE = /^[A-Za-z0-9][A-Za-z0-9._/-]{0,63}$/;
const INTEGER = /^[+-]?\d{1,9}$/;
const PRICE = /^-?\d{1,12}(\.\d+)?$/;
/** Spreadsheets that held empty cells write customer 17850 as 17850.0. */
const CUSTOMER = /^(\d{1,20})(?:\.0)?$/;
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are exactly what is looked for
const CONTROL_CHARACTERS = /[\u0000-\u001f\u007f]/;

/** Reads the fields of one record; a string is the reason why it is no order line. */
export function readOrderLine(rawFields: string[], position: number): OrderLine | string {
  if (rawFields.length !== COLUMNS.length) return `${rawFields.length} columns instead of ${COLUMNS.length}`;
  const [invoice, sku, description, quantity, , price, customer] = rawFields.map((field) => field.trim()) as Fields;
  const fault =
    invoiceFault(invoice) ??
    skuFault(sku) ??
    quantityFault(invoice, quantity) ??
    priceFault(price) ??
    customerFault(customer);
  if (fault !== undefined) return fault;
  return {
    kind: kindOf(invoice, Number(quantity)),
    invoice,
    position,
    sku,
    description,
    quantity: Math.abs(Number(quantity)),
    unitPrice: amountOf(price),
    customer: CUSTOMER.exec(customer)?.[1],
  };
}

export function isHeader(fields: string[]): boolean {
  return fields.length === COLUMNS.length && COLUMNS.every((name, index) => fields[index]?.trim() === name);
}

type Fields = [string, string, string, string, string, string, string, string];

function kindOf(invoice: string, quantity: number): LineKind {
  if (isCancellation(invoice)) return 'return';
  return quantity > 0 ? 'order' : 'adjustment';
}

function isCancellation(invoice: string): boolean {
  return invoice.startsWith('C');
}

function invoiceFault(invoice: string): string | undefined {
  if (invoice === '') return 'no invoice number';
  return INVOICE.test(invoice) ? undefined : `invoice number ${shown(invoice)} is not letters and digits`;
}

function skuFault(sku: string): string | undefined {
  if (sku === '') return 'no stock code';
  if (sku.length > MAX_SKU) return `stock code ${shown(sku)} is longer than ${MAX_SKU} characters`;
  if (/^\.+$/.test(sku)) return `stock code ${shown(sku)} is nothing but dots`;
  return CONTROL_CHARACTERS.test(sku) ? `stock code ${shown(sku)} contains a control character` : undefined;
}

function quantityFault(invoice: string, quantity: string): string | undefined {
  if (!INTEGER.test(quantity)) return `quantity ${shown(quantity)} is not a whole number`;
  if (Number(quantity) === 0) return 'quantity 0';
  if (Math.abs(Number(quantity)) > MAX_QUANTITY) return `quantity ${shown(quantity)} is more than ${MAX_QUANTITY}`;
  if (Number(quantity) > 0 && isCancellation(invoice)) return `quantity ${quantity} above zero in a cancellation`;
  return undefined;
}

function priceFault(price: string): string | undefined {
  if (!PRICE.test(price)) return `price ${shown(price)} is not a decimal number`;
  if (price.startsWith('-')) return `price ${price} is negative`;
  const decimals = price.split('.')[1]?.replace(/0+$/, '') ?? '';
  return decimals.length > MAX_DECIMALS ? `price ${price} has more than ${MAX_DECIMALS} decimals` : undefined;
}

function customerFault(customer: string): string | undefined {
  return customer === '' || CUSTOMER.test(customer) ? undefined : `customer ${shown(customer)} is not a number`;
}

function shown(value: string): string {
  return JSON.stringify(value.length > 60 ? `${value.slice(0, 57)}...` : value);
}

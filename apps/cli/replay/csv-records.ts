import { isUtf8 } from 'node:buffer';
import { parse } from 'csv-parse/sync';

/** One CSV record with the number of the physical line it starts on, or why that line cannot be read. */
export type CsvRecord = { line: number; fields: string[] } | Complaint;

export interface Complaint {
  line: number;
  reason: string;
}

type PhysicalLine = { line: number; text: string } | Complaint;

/** No line of an order file comes near this; a file of something else must not fill the memory. */
const MAX_LINE_BYTES = 64 * 1024;
/** How far a quoted field may run before its opening quote counts as a mistake of the line it stands on. */
const MAX_RECORD_LINES = 20;
const NEWLINE = 0x0a;

/**
 * Turns the bytes of a CSV file into records, chunk by chunk. A quote that never closes would swallow the rest of the
 * file; here it costs only its own line: the lines after it are read again as if it had not been there.
 */
export class CsvReader {
  private rest: Buffer = Buffer.alloc(0);
  private line = 0;
  private oversized = false;
  private open: { line: number; text: string }[] = [];

  constructor(private readonly columns: number) {}

  push(chunk: Buffer): CsvRecord[] {
    return this.lines(chunk).flatMap((line) => this.take(line));
  }

  end(): CsvRecord[] {
    const last = this.rest.length > 0 || this.oversized ? this.take(this.physicalLine(this.rest)) : [];
    this.rest = Buffer.alloc(0);
    return [...last, ...this.abandonOpenQuote()];
  }

  private lines(chunk: Buffer): PhysicalLine[] {
    const bytes = this.rest.length === 0 ? chunk : Buffer.concat([this.rest, chunk]);
    const lines: PhysicalLine[] = [];
    let start = 0;
    for (let end = bytes.indexOf(NEWLINE); end !== -1; end = bytes.indexOf(NEWLINE, start)) {
      lines.push(this.physicalLine(bytes.subarray(start, end)));
      start = end + 1;
    }
    this.keep(bytes.subarray(start));
    return lines;
  }

  private keep(rest: Buffer): void {
    this.oversized ||= rest.length > MAX_LINE_BYTES;
    this.rest = this.oversized ? Buffer.alloc(0) : rest;
  }

  private physicalLine(bytes: Buffer): PhysicalLine {
    const line = ++this.line;
    const oversized = this.oversized || bytes.length > MAX_LINE_BYTES;
    this.oversized = false;
    if (oversized) return { line, reason: `the line is longer than ${MAX_LINE_BYTES} bytes` };
    if (!isUtf8(bytes)) return { line, reason: 'the line is not valid UTF-8' };
    const text = bytes.toString('utf8').replace(/\r$/, '');
    return { line, text: line === 1 ? text.replace(/^\uFEFF/, '') : text };
  }

  private take(next: PhysicalLine): CsvRecord[] {
    if ('reason' in next) return [...this.abandonOpenQuote(), next];
    if (this.open.length === 0 && !next.text.includes('"')) return unquoted(next);
    this.open.push(next);
    if (quotesBalance(this.open)) return this.closeRecord();
    return this.open.length >= MAX_RECORD_LINES ? this.abandonFirstLine() : [];
  }

  private closeRecord(): CsvRecord[] {
    const [first] = this.open;
    const fields = quoted(this.open.map(({ text }) => text).join('\n'));
    if (first && fields && (this.open.length === 1 || fields.length === this.columns)) {
      this.open = [];
      return [{ line: first.line, fields }];
    }
    return this.abandonFirstLine();
  }

  private abandonOpenQuote(): CsvRecord[] {
    const records: CsvRecord[] = [];
    while (this.open.length > 0) records.push(...this.abandonFirstLine());
    return records;
  }

  private abandonFirstLine(): CsvRecord[] {
    const [first, ...others] = this.open;
    if (!first) return [];
    this.open = [];
    const reason = quotesBalance([first])
      ? 'a quote stands in the middle of a field (inside quotes it is written twice)'
      : 'a quote opens and does not close';
    return [{ line: first.line, reason }, ...others.flatMap((line) => this.take(line))];
  }
}

/** Almost every line is one; csv-parse, started anew for each line, would take half a minute for half a million. */
function unquoted({ line, text }: { line: number; text: string }): CsvRecord[] {
  return text.trim() === '' ? [] : [{ line, fields: text.split(',') }];
}

function quoted(text: string): string[] | undefined {
  try {
    const records = parse(text, { relax_column_count: true, trim: true, record_delimiter: '\0' });
    return records.length === 1 ? records[0] : undefined;
  } catch {
    return undefined;
  }
}

function quotesBalance(lines: { text: string }[]): boolean {
  let quotes = 0;
  for (const { text } of lines) for (const char of text) if (char === '"') quotes++;
  return quotes % 2 === 0;
}

import { createReadStream } from 'node:fs';
import { UserError } from '../user-error.js';
import { type Complaint, CsvReader, type CsvRecord } from './csv-records.js';
import { COLUMNS, isHeader, readOrderLine } from './order-line.js';
import { type Plan, PlanBuilder } from './plan.js';

/** Of a file that is something else entirely, the first thousand complaints tell as much as half a million. */
const MAX_COMPLAINTS = 1000;
const MEND = `Give a CSV file with the columns ${COLUMNS.join(',')}.`;

export interface ReadFile {
  plan: Plan;
  /** How many lines were complained about; `complaints` holds the first of them. */
  malformed: number;
  complaints: Complaint[];
}

/** Reads the file as it is: what cannot be read is complained about by line number and left out. */
export async function readOrderFile(path: string, signal?: AbortSignal): Promise<ReadFile> {
  const reader = new CsvReader(COLUMNS.length);
  const intake = new Intake();
  try {
    for await (const chunk of createReadStream(path, { signal })) intake.take(reader.push(chunk as Buffer));
  } catch (error) {
    signal?.throwIfAborted();
    throw unreadable(path, error);
  }
  intake.take(reader.end());
  return intake.result(path);
}

class Intake {
  private readonly builder = new PlanBuilder();
  private readonly positions = new Map<string, number>();
  private readonly complaints: Complaint[] = [];
  private records = 0;
  private accepted = 0;
  private malformed = 0;

  take(records: CsvRecord[]): void {
    for (const record of records) {
      this.records++;
      if (this.records === 1) this.takeFirst(record);
      else this.takeLine(record);
    }
  }

  result(path: string): ReadFile {
    if (this.records === 0) throw new UserError(`${path} is empty.`, MEND);
    if (this.accepted === 0) throw new UserError(`${path} holds no order lines.${this.firstComplaint()}`, MEND);
    return { plan: this.builder.build(), malformed: this.malformed, complaints: this.complaints };
  }

  /** Without a header the first line may be an order line already: it is not to be lost. */
  private takeFirst(record: CsvRecord): void {
    if ('reason' in record) this.complain(record);
    else if (!isHeader(record.fields)) {
      const taken = this.acceptLine(record.fields) === undefined ? '; read as an order line' : '';
      this.complain({ line: record.line, reason: `not the header ${COLUMNS.join(',')}${taken}` });
    }
  }

  private takeLine(record: CsvRecord): void {
    const reason = 'reason' in record ? record.reason : this.acceptLine(record.fields);
    if (reason !== undefined) this.complain({ line: record.line, reason });
  }

  private acceptLine(fields: string[]): string | undefined {
    const invoice = fields[0]?.trim() ?? '';
    const position = (this.positions.get(invoice) ?? 0) + 1;
    this.positions.set(invoice, position);
    const line = readOrderLine(fields, position);
    const fault = typeof line === 'string' ? line : this.builder.add(line);
    if (fault === undefined) this.accepted++;
    return fault;
  }

  private complain(complaint: Complaint): void {
    this.malformed++;
    if (this.complaints.length < MAX_COMPLAINTS) this.complaints.push(complaint);
  }

  private firstComplaint(): string {
    const [first] = this.complaints;
    return first ? ` The first problem is in line ${first.line}: ${first.reason}.` : '';
  }
}

const CAUSES: Record<string, string> = {
  ENOENT: 'there is no such file',
  EISDIR: 'it is a directory',
  EACCES: 'you may not read it',
};

function unreadable(path: string, error: unknown): UserError {
  const code = (error as NodeJS.ErrnoException).code ?? '';
  const cause = CAUSES[code] ?? (error instanceof Error ? error.message : String(error));
  return new UserError(`${path} cannot be read: ${cause}.`, MEND);
}

import { Command, InvalidArgumentError } from 'commander';
import type { ReplayFileOptions } from './replay/replay-file.js';

/** `seamline replay`: real orders against a running system, and a reconciliation to the penny. */
export function replayCommand(): Command {
  return new Command('replay')
    .description('Send the orders of a CSV file to a running system and reconcile what it made of them.')
    .argument(
      '<file>',
      'order lines: InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country',
    )
    .option('--url <url>', 'where the system listens', httpUrl, 'http://localhost:3000')
    .option('--rate <orders>', 'orders begun per second (default: as fast as they are taken)', positive)
    .option('--concurrency <n>', 'requests at a time', wholeNumber, 8)
    .option('--timeout <seconds>', 'how long to wait while no order settles', positive, 120)
    .option('--strict', 'send nothing if any line is malformed', false)
    .addHelpText('after', NOTES)
    .action(async (file: string, options: ReplayFileOptions) => {
      const { replayFile } = await import('./replay/replay-file.js');
      process.exitCode = await replayFile(file, options);
    });
}

const NOTES = `
Signs in as the admin: SEAMLINE_ADMIN_EMAIL and SEAMLINE_ADMIN_PASSWORD, or what the server's
first start saved in admin.json under SEAMLINE_HOME (.seamline).

An invoice becomes an order, a C… invoice a return, a negative line elsewhere a stock adjustment;
the stock they need is received first. Run it as often as you like: nothing happens twice.

Exits with 0 when everything reconciles, with 1 on any difference.

Example:
  npx seamline replay data/online-retail-2010-12-01-to-02.csv --rate 50`;

const MOST_CONCURRENT = 256;

function httpUrl(value: string): string {
  const url = URL.canParse(value) ? new URL(value) : undefined;
  if (url?.protocol !== 'http:' && url?.protocol !== 'https:') {
    throw new InvalidArgumentError('Give an address like http://localhost:3000.');
  }
  return `${url.origin}${url.pathname.replace(/\/+$/, '')}`;
}

function positive(value: string): number {
  const number = Number(value);
  if (!Number.isFinite(number) || number <= 0) throw new InvalidArgumentError('Give a number above 0.');
  return number;
}

function wholeNumber(value: string): number {
  const number = Number(value);
  if (!Number.isInteger(number) || number < 1 || number > MOST_CONCURRENT) {
    throw new InvalidArgumentError(`Give a whole number from 1 to ${MOST_CONCURRENT}.`);
  }
  return number;
}

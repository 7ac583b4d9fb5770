import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ADMIN } from '../shop.js';
import { type Running, seamline } from './seamline.js';

const ORDERS = 'data/online-retail-2010-12-01-to-02.csv';

/** Lines of the real file, in a file of their own. */
export class OrderFile {
  private readonly folder = mkdtempSync(join(tmpdir(), 'seamline-orders-'));

  /** @param from the first line after the header is 0 */
  constructor(from: number, to: number) {
    const [header, ...lines] = readFileSync(ORDERS, 'utf8').split('\n');
    writeFileSync(this.path, [header, ...lines.slice(from, to)].join('\n'));
  }

  get path(): string {
    return join(this.folder, 'orders.csv');
  }

  replayAt(url: string, ...more: string[]): Running {
    return seamline(['replay', this.path, '--url', url, ...more], {
      SEAMLINE_ADMIN_EMAIL: ADMIN.email,
      SEAMLINE_ADMIN_PASSWORD: ADMIN.password,
    });
  }

  remove(): void {
    rmSync(this.folder, { recursive: true });
  }
}

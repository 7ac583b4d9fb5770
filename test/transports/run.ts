import { moments } from './modules.js';
import { bootPlaced, type Placing } from './placed-app.js';
import type { Elsewhere, TransportAt } from './under-test.js';

export interface Run extends Placing {
  readonly elsewhere: Elsewhere;
}

/** Boots one instance of an app in a process of its own, which may be killed, and tells on its standard output. */
export async function run({ elsewhere, ...placing }: Run): Promise<void> {
  const { transportAt } = (await import(elsewhere.module)) as { transportAt: TransportAt<unknown> };
  moments.on('dawdles', (key) => process.stdout.write(`dawdles at ${key}\n`));
  await bootPlaced(placing, (app) => transportAt(elsewhere.where, app));
  process.stdout.write('ready\n');
}

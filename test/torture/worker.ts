import { subscribe } from 'node:diagnostics_channel';
import { CqrsModule } from '@nestjs/cqrs';
import { Kernel } from '#kernel/bounded-context';
import { createHttpApp } from '#kernel/http/create-http-app';
import { Runtime } from '#kernel/runtime';
import { InProcessTransport } from '#kernel/transports/in-process';
import { type Breakage, mustHaveBroken } from './breakage.js';
import { count, countInto } from './counts.js';
import { worker } from './modules/effects.js';
import { Load } from './modules/load.js';
import { TortureModule } from './modules/torture.module.js';
import { type Moment, POINTS, type Point } from './plan.js';

/** What a worker is told when it is started, as JSON in TORTURE_OPTIONS. */
export interface WorkerOptions {
  readonly ownerUrl: string;
  readonly moduleUrls: Readonly<Record<string, string>>;
  /** Where it leaves its counts. */
  readonly folder: string;
}

/** What a worker is told while it runs. */
export type Order = { readonly kind: 'halt at'; readonly moment: Moment } | { readonly kind: 'rest' };
/** What it says: it works; it stands where it was told to halt; its load has ended. */
export type WorkerWord = 'ready' | 'halted' | 'resting';

/** How long it stands still where it was told to, for whoever told it to do the worst. In milliseconds. */
const HALT = 1_000;

const options = JSON.parse(process.env.TORTURE_OPTIONS ?? '') as WorkerOptions;
let halt: { point: Point; left: number } | undefined;

/** An app like any other: its modules, its runtime, its transport; it serves HTTP that nobody asks for. */
async function boot() {
  const { ownerUrl, moduleUrls } = options;
  const transport = new InProcessTransport();
  const runtime = new Runtime({ ownerUrl, moduleUrls, connectionBudget: 24, transport, settings: {} });
  const app = await createHttpApp(
    { module: TortureModule, imports: [Kernel.forRoot(runtime), CqrsModule.forRoot()] },
    {
      settings: { jwksUrls: () => ['http://127.0.0.1/'], issuer: 'torture', audience: 'torture' },
      api: { title: 'Torture', description: 'Nothing to see here.', version: '1' },
      logLevel: 'info',
    },
  );
  await app.listen(0, '127.0.0.1');
  return app;
}

function watchPoints(): void {
  for (const point of POINTS) {
    subscribe(point, () => {
      if (halt?.point !== point || --halt.left > 0) return;
      halt = undefined;
      say('halted');
      // Not a line of the kernel runs on before the signal comes.
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, HALT);
    });
  }
  subscribe('seamline.receiver.duplicates', (message) => count('dropped', (message as { messages: number }).messages));
}

const say = (word: WorkerWord) => process.send?.(word);

countInto(options.folder, worker());
watchPoints();
// Whoever started us is gone: nobody would ever end us.
process.on('disconnect', () => process.exit(1));
const app = await boot();
if (process.env.TORTURE_BREAK) mustHaveBroken(process.env.TORTURE_BREAK as Breakage);
const load = app.get(Load, { strict: false });
process.on('message', (message: Order) => {
  if (message.kind === 'rest') load.rest().then(() => say('resting'));
  else halt = { point: message.moment.point, left: message.moment.nth };
});
process.on('SIGTERM', () => app.close().then(() => process.exit(0)));
await load.start();
say('ready');

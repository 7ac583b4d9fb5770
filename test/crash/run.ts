import { setTimeout as sleep } from 'node:timers/promises';
import { Module } from '@nestjs/common';
import { Kernel } from '#kernel/bounded-context';
import { createHttpApp } from '#kernel/http/create-http-app';
import { points } from '#kernel/messaging/points';
import { Runtime } from '#kernel/runtime';
import { InProcessTransport } from '#kernel/transports/in-process';
import { MODULES } from './modules.js';

/** From the request to end until the process is gone, whatever is still under way, as with every app. In milliseconds. */
const END_WITHIN = 3_000;

/** Boots the modules in a process of their own, which may be killed or frozen, and tells on its standard output. */
export async function run(addresses: { ownerUrl: string; moduleUrls: Record<string, string> }): Promise<void> {
  points.handled.subscribe((seen) => {
    process.stdout.write(`handled ${(seen as { messages: number }).messages}\n`);
  });
  const transport = new InProcessTransport();
  const runtime = new Runtime({ ...addresses, connectionBudget: 10, transport, settings: {} });
  class Root {}
  Module({})(Root);
  const app = await createHttpApp(
    { module: Root, imports: [...MODULES, Kernel.forRoot(runtime)] },
    {
      settings: { jwksUrls: () => ['http://127.0.0.1:1'], issuer: 'seamline', audience: 'seamline' },
      api: { title: 'Test', description: 'Modules under test.', version: '1' },
      logLevel: 'silent',
    },
  );
  await app.init();
  process.on('SIGTERM', () => Promise.race([app.close(), sleep(END_WITHIN)]).then(() => process.exit(0)));
  process.stdout.write('ready\n');
}

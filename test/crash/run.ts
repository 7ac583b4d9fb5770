import { Module } from '@nestjs/common';
import { Kernel } from '#kernel/bounded-context';
import { createHttpApp } from '#kernel/http/create-http-app';
import { points } from '#kernel/messaging/points';
import { Runtime } from '#kernel/runtime';
import { InProcessTransport } from '#kernel/transports/in-process';
import { MODULES } from './modules.js';

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
      settings: { jwksUrl: () => 'http://127.0.0.1:1', issuer: 'seamline', audience: 'seamline' },
      api: { title: 'Test', description: 'Modules under test.', version: '1' },
      logLevel: 'silent',
    },
  );
  await app.init();
  process.on('SIGTERM', () => app.close().then(() => process.exit(0)));
  process.stdout.write('ready\n');
}

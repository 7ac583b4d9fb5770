import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { freePort } from '../../../apps/cli/embedded/free-port.js';
import { runInContext } from '../../../src/shared-kernel/telemetry/context.js';
import { Wire } from '../../../src/shared-kernel/transports/wire/wire.js';
import type { Lasting, Stage, StageBeside } from '../../harness/child.js';
import { boot } from '../../seamline/boot.js';
import { HOST, SECURITY } from '../../seamline/security.js';
import { type Calls, type CallsWork, measureCalls } from '../workload.js';
import { Shop, ShopModule } from './shop.module.js';
import { StockModule } from './stock.module.js';

/** Both modules in one process. */
export async function askHere(stage: Stage<CallsWork>): Promise<Calls> {
  return measured(await boot(stage, [ShopModule, StockModule]), stage);
}

interface Listening {
  readonly port: number;
}

/** The app of the stock. */
export async function answer(stage: Stage<CallsWork>): Promise<Lasting<Listening>> {
  const port = await freePort();
  const wire = new Wire({ app: 'back', security: SECURITY, listen: { host: HOST, port }, peers: {} });
  const app = await boot(stage, [StockModule], { apart: { wire, other: 'front', elsewhere: [ShopModule] } });
  return { ready: { port }, end: () => app.close() };
}

/** The app of the shop, with all that a user's has: contracts, secret, deadline, seam. */
export async function askThere(stage: StageBeside<CallsWork, Listening>): Promise<Calls> {
  const { port } = stage.beside;
  const wire = new Wire({ app: 'front', security: SECURITY, peers: { back: [{ host: HOST, port }] } });
  const app = await boot(stage, [ShopModule], { apart: { wire, other: 'back', elsewhere: [StockModule] } });
  return measured(app, stage);
}

/** Within a context, as whatever asks is part of a request or a message. */
async function measured(app: NestFastifyApplication, { work }: Stage<CallsWork>): Promise<Calls> {
  const shop = app.get(Shop, { strict: false });
  const context = { module: 'shop', correlationId: 'bench', causationId: undefined, traceparent: undefined };
  const calls = await runInContext(context, () => measureCalls(work, (request) => shop.levels(request)));
  await app.close();
  return calls;
}

import type { Type } from '@nestjs/common';
import { freePort } from '../../../apps/cli/embedded/free-port.js';
import { BetweenApps } from '../../../src/shared-kernel/transports/between-apps.js';
import { BullMqTransport } from '../../../src/shared-kernel/transports/bullmq/bullmq.js';
import { redisFrom } from '../../../src/shared-kernel/transports/bullmq/server.js';
import { DirectTransport } from '../../../src/shared-kernel/transports/direct.js';
import { InProcessTransport } from '../../../src/shared-kernel/transports/in-process.js';
import { NatsTransport } from '../../../src/shared-kernel/transports/nats/nats.js';
import { natsServerFrom } from '../../../src/shared-kernel/transports/nats/server.js';
import { rabbitMqFrom } from '../../../src/shared-kernel/transports/rabbitmq/nodes.js';
import { RabbitMqTransport } from '../../../src/shared-kernel/transports/rabbitmq/rabbitmq.js';
import type { Transport } from '../../../src/shared-kernel/transports/transport.js';
import { Wire } from '../../../src/shared-kernel/transports/wire/wire.js';
import type { Lasting, Stage, StageBeside } from '../../harness/child.js';
import { machineTime } from '../../harness/clock.js';
import { atASteadyRate } from '../../harness/load.js';
import { settle } from '../../harness/postgres.js';
import { LedgerInBatchesModule, LedgerModule } from '../../messaging/seamline/ledger.module.js';
import { Purchases, PurchasesModule } from '../../messaging/seamline/purchases.module.js';
import { purchaseNumber } from '../../messaging/workload.js';
import { boot } from '../../seamline/boot.js';
import { HOST, SECURITY } from '../../seamline/security.js';
import { Arrivals } from '../arrivals.js';
import type { Begun, DrainWork, Overall, Sent, SteadyWork, Taken, TransportName } from '../workload.js';
import { WatchedInbound } from './watched-inbound.js';

export { fill } from '../../messaging/seamline/drain.js';

interface Listening {
  readonly port: number;
}

type Adapter = (stage: Stage<unknown>, app: string, wire: Wire) => Transport;

/** As an app makes them of its environment. */
const ADAPTERS: Readonly<Record<TransportName, Adapter>> = {
  direct: (_, __, wire) => new DirectTransport(wire, (module) => (module === 'ledger' ? 'back' : 'front')),
  bullmq: ({ brokers }, app) => new BullMqTransport(redisFrom({ REDIS_URL: brokers.redis }), app),
  rabbitmq: ({ brokers }, app) => new RabbitMqTransport(rabbitMqFrom({ AMQP_URL: brokers.rabbitmq }), app),
  nats: ({ brokers }, app) => new NatsTransport(natsServerFrom({ NATS_URL: brokers.nats }), app),
};

export const receiveDrained = (stage: Stage<DrainWork>) =>
  receive(stage, LedgerInBatchesModule, new Arrivals(false), () => stage.work.messages);
export const receiveSteadily = (stage: Stage<SteadyWork>) =>
  receive(stage, LedgerModule, new Arrivals(true), ({ committed }: Sent) => Object.keys(committed).length);

/** The app of the ledger. */
async function receive<Other>(
  stage: Stage<Overall>,
  ledger: Type,
  arrivals: Arrivals,
  wanted: (other: Other) => number,
): Promise<Lasting<Listening, Other, Taken>> {
  const port = await freePort();
  const wire = new Wire({ app: 'back', security: SECURITY, listen: { host: HOST, port }, peers: {} });
  const adapter = new WatchedInbound(ADAPTERS[stage.work.transport](stage, 'back', wire), (messages) =>
    arrivals.add(messages.map(({ data }) => data.purchase as string)),
  );
  const transport = new BetweenApps(new InProcessTransport(), adapter, new Map([['purchases', adapter]]));
  const app = await boot(stage, [ledger], { transport, apart: { wire, other: 'front', elsewhere: [PurchasesModule] } });
  return {
    ready: { port },
    end: async (other) => {
      const taken = await arrivals.all(wanted(other), stage.databaseUrl, 'ledger.entry');
      await app.close();
      return taken;
    },
  };
}

/** The app of the purchases, whose outbox was filled before. */
export async function drain(stage: StageBeside<DrainWork, Listening>): Promise<Lasting<Begun>> {
  let begin = 0;
  const app = await bootSender(stage, LedgerInBatchesModule, () => {
    begin = machineTime();
  });
  return { ready: { begin }, end: () => app.close() };
}

/** The app of the purchases, which places them at a steady rate. */
export async function publish(stage: StageBeside<SteadyWork, Listening>): Promise<Lasting<Sent>> {
  const { perSecond, warmUpSeconds, seconds } = stage.work;
  const app = await bootSender(stage, LedgerModule);
  const purchases = app.get(Purchases, { strict: false });
  await settle(stage.databaseUrl);
  const committed: Record<string, number> = {};
  const begin = machineTime() + warmUpSeconds * 1000;
  let n = 0;
  await atASteadyRate(perSecond, warmUpSeconds + seconds, async () => {
    const purchase = purchaseNumber(n++);
    await purchases.place(purchase);
    committed[purchase.purchase] = machineTime();
  });
  return { ready: { begin, committed }, end: () => app.close() };
}

function bootSender(stage: StageBeside<Overall, Listening>, ledger: Type, beforeRelays?: () => void) {
  const { port } = stage.beside;
  const wire = new Wire({ app: 'front', security: SECURITY, peers: { back: [{ host: HOST, port }] } });
  const adapter = ADAPTERS[stage.work.transport](stage, 'front', wire);
  const transport = new BetweenApps(new InProcessTransport(), adapter, new Map([['ledger', adapter]]));
  const apart = { wire, other: 'back', elsewhere: [ledger] };
  return boot(stage, [PurchasesModule], { transport, apart, ...(beforeRelays && { beforeRelays }) });
}

import { type Context, ServiceBroker, type ServiceSchema } from 'moleculer';
import { freePort } from '../../../apps/cli/embedded/free-port.js';
import type { Lasting, Stage, StageBeside } from '../../harness/child.js';
import { HOST } from '../../seamline/security.js';
import {
  type Calls,
  type CallsWork,
  type LevelsReply,
  type LevelsRequest,
  levelsOf,
  measureCalls,
  WITHIN,
} from '../workload.js';

const LEVELS = 'stock.levels';

/** Its validator holds the request to a shape, closed; replies it does not look at. */
const STOCK: ServiceSchema = {
  name: 'stock',
  actions: {
    levels: {
      params: { $$strict: true, warehouse: 'string', products: { type: 'array', items: 'string' } },
      handler: async (context: Context<LevelsRequest>) => levelsOf(context.params),
    },
  },
};

/** Broker and service in one process. */
export async function askHere({ work }: Stage<CallsWork>): Promise<Calls> {
  const broker = new ServiceBroker({ logger: false, requestTimeout: WITHIN });
  broker.createService(STOCK);
  await broker.start();
  const calls = await measured(broker, work);
  await broker.stop();
  return calls;
}

interface Ports {
  readonly back: number;
  readonly front: number;
}

/** Its own transporter over TCP, which knows where both nodes are, so that it need not search for them. */
function nodeAt(nodeID: keyof Ports, { back, front }: Ports): ServiceBroker {
  const urls = `${HOST}:${back}/back,${HOST}:${front}/front`;
  const transporter = { type: 'TCP' as const, options: { udpDiscovery: false, urls } };
  return new ServiceBroker({ nodeID, logger: false, requestTimeout: WITHIN, transporter });
}

export async function answer(): Promise<Lasting<Ports>> {
  const ports = { back: await freePort(), front: await freePort() };
  const broker = nodeAt('back', ports);
  broker.createService(STOCK);
  await broker.start();
  return { ready: ports, end: () => broker.stop() };
}

export async function askThere({ work, beside }: StageBeside<CallsWork, Ports>): Promise<Calls> {
  const broker = nodeAt('front', beside);
  await broker.start();
  await broker.waitForServices('stock', 30_000);
  const calls = await measured(broker, work);
  await broker.stop();
  return calls;
}

function measured(broker: ServiceBroker, work: CallsWork): Promise<Calls> {
  return measureCalls(work, (request) => broker.call<LevelsReply, LevelsRequest>(LEVELS, request));
}

import { DirectTransport } from '#kernel/transports/direct';
import type { Transport } from '#kernel/transports/transport';
import { KIND } from '#kernel/transports/wire/frames';
import { CHANNEL, Wire } from '#kernel/transports/wire/wire';
import type { App } from './placed-app.js';
import { freePort } from './ports.js';
import { TcpProxy } from './proxy.js';
import { RawWire } from './raw-wire.js';
import { MOST_INSTANCES, type TransportAt, type TransportUnderTest } from './under-test.js';

const HOST = '127.0.0.1';
const SECRET = 'a secret that all apps of this system share';

interface Ports {
  /** Where the instance itself listens. */
  readonly own: number;
  /** Where the others reach it, through a proxy. */
  readonly proxy: number;
}
/** Of all instances that there may be, by app. */
type Where = Readonly<Record<string, readonly Ports[]>>;

export const transportAt: TransportAt<Where> = (where, { app, instance, appOf }) => {
  const others = Object.entries(where).filter(([name]) => name !== app);
  const wire = new Wire({
    app,
    security: { secret: SECRET },
    listen: { host: HOST, port: where[app]?.[instance]?.own as number },
    peers: Object.fromEntries(
      others.map(([name, instances]) => [name, instances.map(({ proxy }) => ({ host: HOST, port: proxy }))]),
    ),
  });
  const direct = new DirectTransport(wire, appOf);
  return {
    connect: async () => {
      await wire.listen();
      await direct.connect();
    },
    send: (batch) => direct.send(batch),
    consume: (subscriber, onBatch) => direct.consume(subscriber, onBatch),
    close: async () => {
      await direct.close();
      await wire.close();
    },
  } satisfies Transport;
};

/** App to app, each reached through proxies. */
export const direct: TransportUnderTest = {
  name: 'direct',
  without: { broker: 'there is no broker' },
  missing: async () => undefined,
  start: async () => {
    const apps: App[] = ['front', 'back'];
    const proxies: TcpProxy[] = [];
    const instances = async () => {
      const ports: Ports[] = [];
      for (let n = 0; n < MOST_INSTANCES; n++) {
        const own = await freePort();
        const proxy = await TcpProxy.start({ host: HOST, port: own });
        proxies.push(proxy);
        ports.push({ own, proxy: proxy.port });
      }
      return ports;
    };
    const where: Record<string, Ports[]> = {};
    for (const app of apps) where[app] = await instances();
    return {
      transportOf: (app) => transportAt(where, app),
      cut: async () => {
        for (const proxy of proxies) proxy.cut();
      },
      inject: (_, bytes) => inject(where.back?.[0]?.own as number, bytes),
      elsewhere: { module: import.meta.url, where },
      stop: async () => {
        await Promise.all(proxies.map((proxy) => proxy.stop()));
      },
    };
  },
};

/** As an app would that knows the secret, and has lost its mind: only such a one is listened to at all. */
async function inject(port: number, bytes: Buffer): Promise<void> {
  const raw = await RawWire.introduced(port, SECRET, 'back');
  raw.say(KIND.call, 1, Buffer.concat([Buffer.of(CHANNEL.batch), bytes]));
  await raw.hears(KIND.failure);
  raw.hangUp();
}

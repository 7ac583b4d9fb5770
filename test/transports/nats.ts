import { connect } from '@nats-io/transport-node';
import { NatsTransport } from '#kernel/transports/nats/nats';
import { natsServerFrom } from '#kernel/transports/nats/server';
import { HOST, NatsServerProcess } from './nats-server.js';
import { TcpProxy } from './proxy.js';
import type { TransportAt, TransportUnderTest } from './under-test.js';

interface Where {
  readonly url: string;
}

export const transportAt: TransportAt<Where> = ({ url }, { app }) =>
  new NatsTransport(natsServerFrom({ NATS_URL: url }), app);

/** A server of its own, reached through one proxy. */
export const nats: TransportUnderTest = {
  name: 'nats',
  missing: () => NatsServerProcess.missing(),
  start: async () => {
    const server = await NatsServerProcess.start();
    const proxy = await TcpProxy.start({ host: HOST, port: server.port });
    const where: Where = { url: `nats://${HOST}:${proxy.port}` };
    return {
      transportOf: (app) => transportAt(where, app),
      cut: async () => proxy.cut(),
      broker: {
        kill: () => server.kill(),
        start: () => server.start(),
        // All that it knows is who is connected.
        empty: async () => {
          await server.kill();
          await server.start();
        },
        inject: (subscriber, bytes) => inject(server.port, `seamline.${subscriber}.0`, bytes),
      },
      elsewhere: { module: import.meta.url, where },
      stop: async () => {
        await proxy.stop();
        await server.stop();
      },
    };
  },
};

async function inject(port: number, subject: string, bytes: Buffer): Promise<void> {
  const stranger = await connect({ servers: `${HOST}:${port}` });
  stranger.publish(subject, bytes);
  await stranger.flush();
  await stranger.close();
}

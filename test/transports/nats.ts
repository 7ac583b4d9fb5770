import { connect } from '@nats-io/transport-node';
import { NatsTransport } from '#kernel/transports/nats/nats';
import { natsServerFrom } from '#kernel/transports/nats/server';
import { HOST, NatsServerProcess } from './nats-server.js';
import { overBroker, type Where } from './over-broker.js';
import type { TransportAt } from './under-test.js';

export const transportAt: TransportAt<Where> = ({ url }, { app }) =>
  new NatsTransport(natsServerFrom({ NATS_URL: url }), app);

export const nats = overBroker({
  name: 'nats',
  server: NatsServerProcess,
  module: import.meta.url,
  transportAt,
  urlVia: (_server, port) => `nats://${HOST}:${port}`,
  // All that it knows is who is connected.
  empty: async (server) => {
    await server.kill();
    await server.start();
  },
  inject: (server, subscriber, bytes) => inject(server.port, `seamline.${subscriber}.0`, bytes),
});

async function inject(port: number, subject: string, bytes: Buffer): Promise<void> {
  const stranger = await connect({ servers: `${HOST}:${port}` });
  stranger.publish(subject, bytes);
  await stranger.flush();
  await stranger.close();
}

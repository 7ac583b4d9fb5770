import { connect } from 'amqplib';
import { rabbitMqFrom } from '#kernel/transports/rabbitmq/nodes';
import { RabbitMqTransport } from '#kernel/transports/rabbitmq/rabbitmq';
import { TcpProxy } from './proxy.js';
import { HOST, RabbitMqServerProcess } from './rabbitmq-server.js';
import type { TransportAt, TransportUnderTest } from './under-test.js';

interface Where {
  readonly url: string;
}

export const transportAt: TransportAt<Where> = ({ url }, { app }) =>
  new RabbitMqTransport(rabbitMqFrom({ AMQP_URL: url }), app);

/** A server of its own, reached through one proxy. */
export const rabbitmq: TransportUnderTest = {
  name: 'rabbitmq',
  missing: () => RabbitMqServerProcess.missing(),
  start: async () => {
    const server = await RabbitMqServerProcess.start();
    const proxy = await TcpProxy.start({ host: HOST, port: server.port });
    const where: Where = { url: server.urlVia(proxy.port) };
    return {
      transportOf: (app) => transportAt(where, app),
      cut: async () => proxy.cut(),
      broker: {
        kill: () => server.kill(),
        start: () => server.start(),
        empty: () => server.empty(),
        inject: (subscriber, bytes) => inject(server.url, `seamline.${subscriber}.0`, bytes),
      },
      elsewhere: { module: import.meta.url, where },
      stop: async () => {
        await proxy.stop();
        await server.stop();
      },
    };
  },
};

async function inject(url: string, queue: string, bytes: Buffer): Promise<void> {
  const stranger = await connect(url);
  const channel = await stranger.createConfirmChannel();
  channel.sendToQueue(queue, bytes);
  await channel.waitForConfirms();
  await stranger.close();
}

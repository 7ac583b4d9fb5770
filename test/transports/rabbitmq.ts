import { connect } from 'amqplib';
import { rabbitMqFrom } from '#kernel/transports/rabbitmq/nodes';
import { RabbitMqTransport } from '#kernel/transports/rabbitmq/rabbitmq';
import { overBroker, type Where } from './over-broker.js';
import { RabbitMqServerProcess } from './rabbitmq-server.js';
import type { TransportAt } from './under-test.js';

export const transportAt: TransportAt<Where> = ({ url }, { app }) =>
  new RabbitMqTransport(rabbitMqFrom({ AMQP_URL: url }), app);

export const rabbitmq = overBroker({
  name: 'rabbitmq',
  server: RabbitMqServerProcess,
  module: import.meta.url,
  transportAt,
  urlVia: (server, port) => server.urlVia(port),
  empty: (server) => server.empty(),
  inject: (server, subscriber, bytes) => inject(server.url, `seamline.${subscriber}.0`, bytes),
});

async function inject(url: string, queue: string, bytes: Buffer): Promise<void> {
  const stranger = await connect(url);
  const channel = await stranger.createConfirmChannel();
  channel.sendToQueue(queue, bytes);
  await channel.waitForConfirms();
  await stranger.close();
}

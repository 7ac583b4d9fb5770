import { InProcessTransport } from '#kernel/transports/in-process';
import type { TransportAt, TransportUnderTest } from './under-test.js';

export const transportAt: TransportAt<null> = () => new InProcessTransport();

/** Sender and receiver in every process. */
export const inProcess: TransportUnderTest = {
  name: 'in-process',
  without: {
    apps: 'sender and receiver are always of the same process, and of the same version',
    connections: 'nothing lies between sender and receiver that could be cut',
    broker: 'there is no broker',
    bytes: 'a batch is never written down, so nobody can write another',
  },
  missing: async () => undefined,
  start: async () => ({
    transportOf: (app) => transportAt(null, app),
    cut: async () => undefined,
    elsewhere: { module: import.meta.url, where: null },
    stop: async () => undefined,
  }),
};

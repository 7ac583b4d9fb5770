import { TcpProxy } from './proxy.js';
import type { TransportAt, TransportUnderTest } from './under-test.js';

const HOST = '127.0.0.1';

/** Where the proxy before the broker is reached. */
export interface Where {
  readonly url: string;
}

/** A broker's own process on this machine. */
interface Server {
  readonly port: number;
  kill(): Promise<void>;
  start(): Promise<void>;
  stop(): Promise<void>;
}

interface OverBroker<Running extends Server> {
  readonly name: string;
  readonly server: { missing(): Promise<string | undefined>; start(): Promise<Running> };
  /** `import.meta.url` of who exports this `transportAt`. */
  readonly module: string;
  readonly transportAt: TransportAt<Where>;
  urlVia(server: Running, port: number): string;
  empty(server: Running): Promise<unknown>;
  inject(server: Running, subscriber: string, bytes: Buffer): Promise<unknown>;
}

/** A broker of its own, reached through one proxy. */
export function overBroker<Running extends Server>(broker: OverBroker<Running>): TransportUnderTest {
  const { name, server: program, module, transportAt } = broker;
  return {
    name,
    missing: () => program.missing(),
    start: async () => {
      const server = await program.start();
      const proxy = await TcpProxy.start({ host: HOST, port: server.port });
      const where: Where = { url: broker.urlVia(server, proxy.port) };
      return {
        transportOf: (app) => transportAt(where, app),
        cut: async () => proxy.cut(),
        broker: {
          kill: () => server.kill(),
          start: () => server.start(),
          empty: async () => {
            await broker.empty(server);
          },
          inject: async (subscriber, bytes) => {
            await broker.inject(server, subscriber, bytes);
          },
        },
        elsewhere: { module, where },
        stop: async () => {
          await proxy.stop();
          await server.stop();
        },
      };
    },
  };
}

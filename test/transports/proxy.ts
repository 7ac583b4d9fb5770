import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

/** Stands before a server, so that what lies between can be cut without either end knowing. */
export class TcpProxy {
  private readonly sockets = new Set<Socket>();

  private constructor(
    private readonly server: Server,
    private readonly target: { host: string; port: number },
  ) {}

  /** Listens on a free port of this machine. Nobody need listen at the target yet. */
  static async start(target: { host: string; port: number }): Promise<TcpProxy> {
    const server = createServer({ noDelay: true, pauseOnConnect: true });
    const proxy = new TcpProxy(server, target);
    server.on('connection', (socket: Socket) => proxy.join(socket));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return proxy;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  /** Ends every connection that is open now, in the midst of whatever is said. New ones may be made at once. */
  cut(): void {
    for (const socket of this.sockets) socket.resetAndDestroy();
  }

  async stop(): Promise<void> {
    const closed = once(this.server, 'close');
    this.server.close();
    this.cut();
    await closed;
  }

  private join(client: Socket): void {
    const target = connect({ ...this.target, noDelay: true });
    const pairs: [Socket, Socket][] = [
      [client, target],
      [target, client],
    ];
    for (const [one, other] of pairs) {
      this.sockets.add(one);
      // Whatever happens to one end happens to the other.
      one.on('error', () => undefined);
      one.once('close', () => {
        this.sockets.delete(one);
        other.destroy();
      });
      one.pipe(other);
    }
  }
}

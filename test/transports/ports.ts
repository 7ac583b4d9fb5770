import { once } from 'node:events';
import { createServer } from 'node:net';

/** Below those that a system gives to outgoing connections, which could take one before it is listened on. */
const [FIRST, COUNT] = [20_000, 10_000];

const given = new Set<number>();

/** A port of this machine that nobody listens on, and another one each time, for a server that must know it before it starts. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = FIRST + Math.floor(Math.random() * COUNT);
    if (given.has(port)) continue;
    const server = createServer();
    const listening = once(server, 'listening').then(
      () => true,
      () => false,
    );
    server.listen(port, '127.0.0.1');
    if (!(await listening)) continue;
    const closed = once(server, 'close');
    server.close();
    await closed;
    given.add(port);
    return port;
  }
}

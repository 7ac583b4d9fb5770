import { once } from 'node:events';
import { type ClientHttp2Session, connect, createServer, type ServerHttp2Stream } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { HOST } from '../../seamline/security.js';
import type { Pipe } from './pipe.js';

/** As much of a letter as may travel before the other end says more: all of it. */
const settings = { initialWindowSize: 4 * 1024 * 1024 };

/** HTTP/2 in the clear, one connection; the response is the acknowledgement. */
export const direct: Pipe = {
  receive: async (_, take) => {
    const server = createServer({ settings });
    server.on('session', (session) => session.setLocalWindowSize(settings.initialWindowSize * 4));
    server.on('stream', async (stream: ServerHttp2Stream) => {
      await take(await text(stream));
      stream.respond({ ':status': 204 }, { endStream: true });
    });
    server.listen(0, HOST);
    await once(server, 'listening');
    return { port: (server.address() as AddressInfo).port, close: async () => server.close() };
  },
  open: async (_, port) => {
    const session = connect(`http://${HOST}:${port}`, { settings });
    await once(session, 'connect');
    return {
      send: (letters) => Promise.all(letters.map((letter) => post(session, letter))),
      close: async () => session.destroy(),
    };
  },
};

async function post(session: ClientHttp2Session, letter: string): Promise<void> {
  const request = session.request({ ':method': 'POST', ':path': '/' });
  request.end(letter);
  const [headers] = await once(request, 'response');
  request.resume();
  if (headers[':status'] !== 204) throw new Error(`The letter was answered with ${headers[':status']}.`);
}

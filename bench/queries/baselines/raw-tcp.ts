import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import type { Lasting, StageBeside } from '../../harness/child.js';
import { HOST } from '../../seamline/security.js';
import { type Calls, type CallsWork, type LevelsReply, levelsOf, levelsRequest, measureCalls } from '../workload.js';

/** Length (of all that follows) and number of the call, four bytes each: with the kind, what the wire puts before a body. */
const HEAD = 9;

/** Of what Seamline says for the first question, all of it but for the digits of a deadline that has begun to run. */
const QUESTION = JSON.stringify({
  type: 'stock.levels.v1',
  source: 'shop',
  within: 4999.987654321,
  correlationid: 'bench',
  data: levelsRequest(100),
});
const ANSWER = Buffer.from(JSON.stringify({ data: levelsOf(levelsRequest(100)) }));

interface Listening {
  readonly port: number;
}

/** Answers bytes with bytes, and looks at neither. */
export async function answer(): Promise<Lasting<Listening>> {
  const server = createServer((socket) => {
    socket.setNoDelay();
    const say = writer(socket);
    eachFrame(socket, (id) => say(framed(id, ANSWER)));
    socket.on('error', () => socket.destroy());
  });
  server.listen(0, HOST);
  await once(server, 'listening');
  return { ready: { port: (server.address() as AddressInfo).port }, end: async () => {} };
}

/** The floor over TCP: as many bytes each way as Seamline's, in the same pieces, and no meaning. */
export async function ask({ work, beside }: StageBeside<CallsWork, Listening>): Promise<Calls> {
  const socket = connect({ host: HOST, port: beside.port, noDelay: true });
  await once(socket, 'connect');
  const pending = new Map<number, () => void>();
  const say = writer(socket);
  eachFrame(socket, (id) => {
    pending.get(id)?.();
    pending.delete(id);
  });
  let next = 0;
  const question = Buffer.from(QUESTION);
  const calls = await measureCalls(work, (request) => {
    const id = next++ >>> 0;
    return new Promise<LevelsReply>((resolve) => {
      // Made here, because an echo says nothing.
      pending.set(id, () => resolve(levelsOf(request)));
      say(framed(id, question));
    });
  });
  socket.destroy();
  return calls;
}

function framed(id: number, body: Buffer): Buffer {
  const bytes = Buffer.allocUnsafe(HEAD + body.length);
  bytes.writeUInt32BE(HEAD - 4 + body.length, 0);
  bytes.writeUInt8(0, 4);
  bytes.writeUInt32BE(id, 5);
  body.copy(bytes, HEAD);
  return bytes;
}

/** What is said in one turn goes out in one piece, as the wire does it too. */
function writer(socket: Socket): (bytes: Buffer) => void {
  let outgoing: Buffer[] = [];
  return (bytes) => {
    if (outgoing.push(bytes) > 1) return;
    process.nextTick(() => {
      socket.write(outgoing.length === 1 ? (outgoing[0] as Buffer) : Buffer.concat(outgoing));
      outgoing = [];
    });
  };
}

function eachFrame(socket: Socket, onFrame: (id: number) => void): void {
  let held: Buffer = Buffer.alloc(0);
  socket.on('data', (piece: Buffer) => {
    held = held.length === 0 ? piece : Buffer.concat([held, piece]);
    let at = 0;
    while (held.length - at >= HEAD) {
      const end = at + 4 + held.readUInt32BE(at);
      if (held.length < end) break;
      onFrame(held.readUInt32BE(at + 5));
      at = end;
    }
    held = held.subarray(at);
  });
}

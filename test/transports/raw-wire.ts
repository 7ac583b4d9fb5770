import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { FrameReader, frame, KIND, type Kind, MOST_BYTES } from '#kernel/transports/wire/frames';
import { newNonce, proofOf, readHello } from '#kernel/transports/wire/handshake';

interface Heard {
  readonly kind: number;
  readonly id: number;
  readonly body: Buffer;
}

/** Speaks with a wire byte by byte, as no app would. */
export class RawWire {
  private readonly heard: Heard[] = [];
  private rouse: () => void = () => undefined;
  readonly closed: Promise<unknown>;

  private constructor(readonly socket: Socket) {
    const reader = new FrameReader(MOST_BYTES, (kind, id, body) => {
      this.heard.push({ kind, id, body });
      this.rouse();
    });
    socket.on('data', (piece: Buffer) => reader.push(piece));
    socket.on('error', () => undefined);
    this.closed = new Promise((resolve) => socket.once('close', resolve));
    void this.closed.then(() => this.rouse());
  }

  static async reach(port: number): Promise<RawWire> {
    const socket = connect({ host: '127.0.0.1', port, noDelay: true });
    const raw = new RawWire(socket);
    await once(socket, 'connect');
    return raw;
  }

  /** With the handshake behind it, as any app that knows the secret. */
  static async introduced(port: number, secret: string, to: string): Promise<RawWire> {
    const raw = await RawWire.reach(port);
    const { nonce: serverNonce } = readHello((await raw.hears(KIND.hello)).body);
    const parties = { from: 'raw', to, clientNonce: newNonce(), serverNonce };
    const proof = proofOf('client', { secret }, parties);
    raw.say(KIND.proof, 0, JSON.stringify({ from: 'raw', to, nonce: parties.clientNonce, proof }));
    await raw.hears(KIND.welcome);
    return raw;
  }

  say(kind: Kind, id: number, body: Buffer | string = ''): void {
    this.socket.write(frame(kind, id, body));
  }

  /** The next frame of that kind; others before it are passed over. */
  async hears(kind: Kind): Promise<Heard> {
    for (;;) {
      while (this.heard.length > 0) {
        const next = this.heard.shift() as Heard;
        if (next.kind === kind) return next;
      }
      if (this.socket.destroyed) throw new Error(`It hung up, and said nothing of kind ${kind}.`);
      await new Promise<void>((resolve) => {
        this.rouse = resolve;
      });
    }
  }

  hangUp(): void {
    this.socket.destroy();
  }
}

import { bytesOf } from '../lines.js';

/**
 * What apps say to each other over TCP, piece by piece:
 *
 *   length (4 bytes, of all that follows) | kind (1) | id of the call (4) | body
 *
 * Numbers are big-endian. Before the handshake is over a frame holds at most {@link MOST_OF_A_STRANGER} bytes.
 */
export const KIND = {
  hello: 1,
  proof: 2,
  welcome: 3,
  refused: 4,
  call: 5,
  answer: 6,
  failure: 7,
  cancel: 8,
  ping: 9,
  pong: 10,
  /** Whoever says so will call no more; the other end says it too, and hears the answers that are under way. */
  leaving: 11,
} as const;
export type Kind = (typeof KIND)[keyof typeof KIND];

/** More than a full batch, see PAGE_BYTES. In bytes. */
export const MOST_BYTES = 16 * 1024 * 1024;
export const MOST_OF_A_STRANGER = 1_024;

const LENGTH = 4;
const HEAD = 9;

/** A text, or its lines. */
export type Body = string | readonly string[];

export function frame(kind: Kind, id: number, body: Buffer | string = ''): Buffer {
  const bytes = typeof body === 'string' ? Buffer.byteLength(body) : body.length;
  const whole = Buffer.allocUnsafe(HEAD + bytes);
  if (typeof body === 'string') whole.write(body, HEAD);
  else body.copy(whole, HEAD);
  return headed(whole, kind, id);
}

/** The first byte of a call says what it is. */
export function callFrame(id: number, channel: number, body: Body): Buffer {
  const first = String.fromCharCode(channel);
  if (typeof body === 'string') return frame(KIND.call, id, first + body);
  return headed(bytesOf([first + body[0], ...body.slice(1)], HEAD), KIND.call, id);
}

function headed(whole: Buffer, kind: Kind, id: number): Buffer {
  whole.writeUInt32BE(whole.length - LENGTH, 0);
  whole.writeUInt8(kind, LENGTH);
  whole.writeUInt32BE(id, LENGTH + 1);
  return whole;
}

/** What came is no frame of ours. */
export class ForeignBytes extends Error {}

/** Puts frames together from whatever pieces the network brings. */
export class FrameReader {
  private pieces: Buffer[] = [];
  private held = 0;
  /** Bytes that are needed before anything can be made of them. */
  private needed = HEAD;

  constructor(
    private readonly most: number,
    private readonly onFrame: (kind: number, id: number, body: Buffer) => void,
  ) {}

  /** @throws ForeignBytes when a frame would be too long, or too short to be one. */
  push(piece: Buffer): void {
    this.pieces.push(piece);
    this.held += piece.length;
    if (this.held < this.needed) return;
    const bytes = this.pieces.length === 1 ? piece : Buffer.concat(this.pieces, this.held);
    const rest = this.readAll(bytes);
    this.pieces = rest.length === 0 ? [] : [rest];
    this.held = rest.length;
  }

  private readAll(bytes: Buffer): Buffer {
    let at = 0;
    while (bytes.length - at >= HEAD) {
      const length = bytes.readUInt32BE(at);
      if (length < HEAD - LENGTH || length > this.most)
        throw new ForeignBytes(`A frame of ${length} bytes was announced.`);
      const end = at + LENGTH + length;
      if (bytes.length < end) {
        this.needed = end - at;
        return bytes.subarray(at);
      }
      const kind = bytes.readUInt8(at + LENGTH);
      const id = bytes.readUInt32BE(at + LENGTH + 1);
      this.onFrame(kind, id, bytes.subarray(at + HEAD, end));
      at = end;
    }
    this.needed = HEAD;
    return bytes.subarray(at);
  }
}

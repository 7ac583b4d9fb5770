import type { Socket } from 'node:net';
import { asError } from '../../persistence/failures.js';
import { type Cancellation, Cancelling } from '../../resilience/cancellation.js';
import { type Body, callFrame, ForeignBytes, FrameReader, frame, KIND, MOST_BYTES } from './frames.js';

/** What one end asks of the other; the first byte of a call. */
export const CHANNEL = { batch: 1, query: 2 } as const;
export type Channel = (typeof CHANNEL)[keyof typeof CHANNEL];

/** Answers a call. What it throws reaches the caller as a {@link CallFailed} with that message. */
export type Answer = (body: Buffer, cancellation: Cancellation) => Promise<string>;

/** The other end could not do it. */
export class CallFailed extends Error {}
/** Nobody knows whether the other end has done it. */
export class ConnectionLost extends Error {}

/** While calls are under way the other end is asked so often whether it lives, in milliseconds … */
const PING_EVERY = 2_000;
/** … and given up when nothing at all has come from it since it was asked so often: it is frozen, or the network swallows all. */
const MOST_PINGS = 3;
/** Calls under way on one connection, and bytes that wait to be sent. More are refused: whoever calls faster than it is answered must hear of it. */
const MOST_CALLS = 10_000;
const MOST_UNSENT = 64 * 1024 * 1024;
/** Frames that go out in one piece. */
const MOST_TOGETHER = 16;
/** Room for the head of a frame. */
const MOST_OF_A_BODY = MOST_BYTES - 16;

/** Of the reason why a call failed. In characters. */
const LONGEST_FAILURE = 10_000;

interface Pending {
  readonly resolve: (body: Buffer) => void;
  readonly reject: (error: Error) => void;
  readonly cancellation: Cancellation | undefined;
  readonly cancel: () => void;
}

/**
 * One connection after its handshake. Either end calls, many calls are under way at once, and answers come in any order.
 *
 *   call ──▶ under way ──answer──▶ resolved
 *                │├─ failure ──▶ CallFailed
 *                │├─ the caller's cancellation ──▶ cancel is sent, rejected with its reason
 *                │└─ connection gone, or silent ──▶ ConnectionLost
 *
 * It ends in order when either end is leaving: both say so, after which neither calls; what is under way is answered,
 * and then the one who began hangs up.
 */
export class WireConnection {
  private readonly pending = new Map<number, Pending>();
  private readonly answering = new Map<number, Cancelling>();
  private outgoing: Buffer[] = [];
  private lastId = 0;
  /** Since anything was last heard. */
  private pings = 0;
  /** Neither end calls any more. */
  private isEnding = false;
  private onQuiet: (() => void) | undefined;
  private readonly pinging = setInterval(() => this.ping(), PING_EVERY).unref();
  private lost: Error | undefined;
  /** Resolves when the connection is gone, with what it was lost to; undefined where it was ended in order. */
  readonly closed: Promise<Error | undefined>;

  constructor(
    private readonly socket: Socket,
    private readonly peer: string,
    private readonly answers: Partial<Record<Channel, Answer>>,
  ) {
    const reader = new FrameReader(MOST_BYTES, (kind, id, body) => this.heard(kind, id, body));
    socket.setNoDelay(true);
    socket.setKeepAlive(true, 10_000);
    socket.on('data', (piece: Buffer) => {
      this.pings = 0;
      try {
        reader.push(piece);
      } catch (error) {
        if (!(error instanceof ForeignBytes)) throw error;
        socket.destroy(error);
      }
    });
    socket.on('error', (error) => {
      this.lost ??= error;
    });
    this.closed = new Promise((resolve) => {
      socket.once('close', () => {
        this.letGo();
        resolve(this.lost);
      });
    });
  }

  /** Whether calls may be made. */
  get isOpen(): boolean {
    return !this.isEnding && this.canWrite;
  }

  private get canWrite(): boolean {
    return !this.socket.destroyed && this.socket.writable;
  }

  /** @throws CallFailed, ConnectionLost, or the reason of the cancellation. */
  call(channel: Channel, body: Body, cancellation?: Cancellation): Promise<Buffer> {
    if (!this.isOpen) return Promise.reject(this.gone());
    if (cancellation?.aborted) return Promise.reject(cancellation.reason);
    const refusal = this.refusalOf(body);
    if (refusal !== undefined) return Promise.reject(new CallFailed(refusal));
    this.lastId = (this.lastId + 1) >>> 0;
    const id = this.lastId;
    return new Promise((resolve, reject) => {
      const cancel = () => {
        if (!this.taken(id)) return;
        this.write(frame(KIND.cancel, id));
        reject(cancellation?.reason);
      };
      this.pending.set(id, { resolve, reject, cancellation, cancel });
      cancellation?.addEventListener('abort', cancel, { once: true });
      this.write(callFrame(id, channel, body));
    });
  }

  /** Ends in order, or after so many milliseconds anyhow. */
  async leave(within: number): Promise<void> {
    const late = setTimeout(() => this.socket.destroy(), within);
    this.onQuiet = () => {
      this.flush();
      this.socket.end();
    };
    this.write(frame(KIND.leaving, 0));
    await this.closed;
    clearTimeout(late);
  }

  destroy(): void {
    this.socket.destroy();
  }

  private heard(kind: number, id: number, body: Buffer): void {
    switch (kind) {
      case KIND.call:
        void this.answer(id, body);
        return;
      case KIND.answer:
        this.taken(id)?.resolve(body);
        return;
      case KIND.failure:
        this.taken(id)?.reject(new CallFailed(body.toString()));
        return;
      case KIND.cancel:
        this.answering.get(id)?.abort(new Error(`${this.peer} does not want the answer any more.`));
        return;
      case KIND.ping:
        this.write(frame(KIND.pong, id));
        return;
      case KIND.pong:
        return;
      case KIND.leaving:
        this.endCalls();
        return;
      default:
        throw new ForeignBytes(`A frame of kind ${kind} came.`);
    }
  }

  private taken(id: number): Pending | undefined {
    const pending = this.pending.get(id);
    this.pending.delete(id);
    pending?.cancellation?.removeEventListener('abort', pending.cancel);
    this.hangUpWhenQuiet();
    return pending;
  }

  private refusalOf(body: Body): string | undefined {
    if (this.pending.size >= MOST_CALLS) return `${this.peer} is behind with ${MOST_CALLS} calls.`;
    if (this.socket.writableLength > MOST_UNSENT) return `${this.peer} is behind with ${MOST_UNSENT} bytes.`;
    return refusalOfLength('call', body);
  }

  /** The other end calls no more, or lets this one go. */
  private endCalls(): void {
    if (!this.onQuiet) this.write(frame(KIND.leaving, 0));
    this.isEnding = true;
    this.hangUpWhenQuiet();
  }

  private hangUpWhenQuiet(): void {
    if (this.isEnding && this.answering.size === 0 && this.pending.size === 0) this.onQuiet?.();
  }

  private async answer(id: number, body: Buffer): Promise<void> {
    const answer = this.answers[body[0] as Channel];
    const cancellation = new Cancelling();
    this.answering.set(id, cancellation);
    try {
      if (!answer) throw new Error('This app answers no such calls.');
      const said = await answer(body.subarray(1), cancellation);
      const refusal = refusalOfLength('answer', said);
      if (refusal !== undefined) throw new Error(refusal);
      if (!cancellation.aborted) this.write(frame(KIND.answer, id, said));
    } catch (error) {
      if (!cancellation.aborted) this.write(frame(KIND.failure, id, asError(error).message.slice(0, LONGEST_FAILURE)));
    } finally {
      this.answering.delete(id);
      this.hangUpWhenQuiet();
    }
  }

  /**
   * What is written in one turn of the event loop goes out together, since small writes cost more than copying. But not
   * all of it: where many calls are under way, the other end would have nothing to do until this one is done with all.
   */
  private write(bytes: Buffer): void {
    const waiting = this.outgoing.push(bytes);
    if (waiting === 1) process.nextTick(() => this.flush());
    else if (waiting === MOST_TOGETHER) this.flush();
  }

  private flush(): void {
    const { outgoing } = this;
    if (outgoing.length === 0) return;
    this.outgoing = [];
    if (this.canWrite) this.socket.write(outgoing.length === 1 ? (outgoing[0] as Buffer) : Buffer.concat(outgoing));
  }

  /** Counted and not timed: whoever was frozen itself must not take the others for dead. */
  private ping(): void {
    if (this.pending.size === 0) {
      // It has no reason to say anything.
      this.pings = 0;
      return;
    }
    if (this.pings < MOST_PINGS) {
      this.pings++;
      this.write(frame(KIND.ping, 0));
      return;
    }
    this.lost ??= new Error(`it has said nothing for ${MOST_PINGS * PING_EVERY} ms`);
    this.socket.destroy();
  }

  private letGo(): void {
    clearInterval(this.pinging);
    const pending = [...this.pending.values()];
    this.pending.clear();
    for (const { reject, cancellation, cancel } of pending) {
      cancellation?.removeEventListener('abort', cancel);
      reject(this.gone());
    }
    for (const cancellation of this.answering.values()) cancellation.abort(this.gone());
    this.answering.clear();
  }

  private gone(): ConnectionLost {
    return new ConnectionLost(`The connection to ${this.peer} is gone${this.lost ? `: ${this.lost.message}` : ''}.`);
  }
}

function refusalOfLength(what: string, body: Body): string | undefined {
  const lines = typeof body === 'string' ? [body] : body;
  // A character takes at most three bytes: only what might be too long is counted.
  if (sumOf(lines, ({ length }) => length) * 3 <= MOST_OF_A_BODY) return undefined;
  const bytes = sumOf(lines, (line) => Buffer.byteLength(line));
  return bytes <= MOST_OF_A_BODY
    ? undefined
    : `The ${what} has ${bytes} bytes, and at most ${MOST_OF_A_BODY} may travel.`;
}

/** With what stands between them. */
function sumOf(lines: readonly string[], lengthOf: (line: string) => number): number {
  return lines.reduce((sum, line) => sum + lengthOf(line) + 1, -1);
}

import http, { type IncomingMessage, type OutgoingHttpHeaders } from 'node:http';
import https from 'node:https';
import type { Socket } from 'node:net';
import {
  BadGatewayException,
  GatewayTimeoutException,
  type HttpException,
  Logger,
  ServiceUnavailableException,
} from '@nestjs/common';
import type { FastifyReply } from 'fastify';

/** Connections to one app, all its addresses together; further requests wait for one of them to become free. */
const MOST_CONNECTIONS = 128;
/** How many of them are kept while nothing is asked. */
const MOST_IDLE = 32;
/** More than this many requests at once are refused, so that a slow app cannot fill the gateway's memory. */
const MOST_UNDER_WAY = 1_000;
/** An address that does not answer in this time is as good as none. In milliseconds. */
const CONNECT_WITHIN = 1_000;
/** So long an address that could not be connected to is asked only where no other can be. In milliseconds. */
const LEFT_ASIDE = 1_000;
/** After so long without an answer a request has its address asked whether it lives, again and again. In milliseconds. */
const DOUBTED_AFTER = 3_000;
/** Whoever lives says so in this time, however long its answers take. In milliseconds. */
const LIVES_WITHIN = 2_000;
/** So long it is not asked again after something was heard of it. In milliseconds. */
const BELIEVED = 1_000;

const DOES_IT_LIVE: UpstreamRequest = { method: 'GET', path: '/health/live', headers: {} };

/** Doing it twice is doing it once (RFC 9110, 9.2.2). */
const IDEMPOTENT = new Set(['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE']);

/** What Node says of a connection that the other side has closed, read from or written to. */
const CLOSED = new Set(['ECONNRESET', 'EPIPE']);

export interface UpstreamRequest {
  readonly method: string;
  /** As the client wrote it, query included: another spelling might be another route. */
  readonly path: string;
  readonly headers: OutgoingHttpHeaders;
  readonly body?: Buffer | undefined;
}

/** Aborts when the client has gone before its answer was written. */
export function whenGone({ raw }: FastifyReply): AbortSignal {
  const controller = new AbortController();
  raw.once('close', () => raw.writableFinished || controller.abort());
  return controller.signal;
}

class TookTooLong extends Error {}
/** There is nobody at the address. */
class Away extends Error {}
/** Nothing has been sent. */
class NoConnection extends Away {}
/** Nor has anything come back: not even that nobody listens. */
class NoConnectionInTime extends NoConnection {}
/** What has been sent may have been done, or will be when a frozen process wakes up. */
class FellSilent extends Away {}

/** Another app's HTTP, spread over its addresses. */
export class Upstream {
  private turn = 0;

  private constructor(
    readonly app: string,
    private readonly addresses: readonly Address[],
  ) {}

  /** @param deadline how long it may take to begin an answer, in milliseconds */
  static at(urls: readonly string[], app: string, deadline: number): Upstream {
    const addresses = urls.map((url) => new Address(app, url, deadline, urls.length));
    return new Upstream(app, addresses);
  }

  /** Each of its addresses for itself. */
  instances(): Upstream[] {
    return this.addresses.map((address) => new Upstream(this.app, [address]));
  }

  /**
   * Resolves when the answer begins; its body is still to be read. What could not be sent to one address goes to the next,
   * and so does what may be repeated when the address has fallen silent.
   * @throws HttpException 503 when the app cannot be reached or has fallen silent, 504 when it takes too long, 502 when it speaks no HTTP
   */
  async ask(request: UpstreamRequest, signal: AbortSignal): Promise<IncomingMessage> {
    const underWay = this.addresses.reduce((sum, address) => sum + address.underWay, 0);
    if (underWay >= MOST_UNDER_WAY) throw this.refusal(new NoConnection(`${MOST_UNDER_WAY} requests are waiting`));
    let failure: unknown;
    for (const address of this.inOrder()) {
      try {
        return await address.ask(request, signal);
      } catch (error) {
        const mayGoOn = error instanceof NoConnection || (error instanceof FellSilent && isIdempotent(request));
        if (!mayGoOn || signal.aborted) throw this.refusal(error, [address]);
        failure = error;
      }
    }
    throw this.refusal(failure);
  }

  close(): void {
    for (const address of this.addresses) address.close();
  }

  /** The one with the least under way first, by turns where they are even; those that were not reached just now last. */
  private inOrder(): Address[] {
    const next = this.turn++ % this.addresses.length;
    const inTurn = [...this.addresses.slice(next), ...this.addresses.slice(0, next)];
    return inTurn.toSorted((a, b) => Number(a.isLeftAside) - Number(b.isLeftAside) || a.underWay - b.underWay);
  }

  private refusal(cause: unknown, asked = this.addresses): HttpException {
    if (cause instanceof TookTooLong) {
      return new GatewayTimeoutException('This part of the system took too long to answer. Try again shortly.');
    }
    const { code } = cause as NodeJS.ErrnoException;
    if (code?.startsWith('HPE_')) return new BadGatewayException(`${this.app} does not answer in HTTP.`, { cause });
    const where = asked.map(({ base }) => base.origin).join(', ');
    return new ServiceUnavailableException(`The app ${this.app} cannot be reached at ${where}.`, { cause });
  }
}

/**
 * One address of another app, with a bounded pool of connections that are kept. By Node's own client: the ones for proxies
 * write the path anew by the rules for browsers' addresses, by which `/products/..%2f` is a 400 and `\` becomes `/`.
 */
class Address {
  readonly base: URL;
  underWay = 0;
  private readonly client: typeof http | typeof https;
  private readonly agent: http.Agent;
  private readonly log = new Logger('HTTP');
  /** 0 when it was reached at the last attempt. */
  private asideUntil = 0;
  private heardAt = Number.NEGATIVE_INFINITY;
  /** It did not say that it lives when it was last asked. */
  private isSilent = false;
  private asking: Promise<void> | undefined;

  /** @param among how many addresses the connections to the app are shared */
  constructor(
    private readonly app: string,
    url: string,
    private readonly deadline: number,
    among: number,
  ) {
    this.base = new URL(url);
    this.client = this.base.protocol === 'https:' ? https : http;
    const share = (most: number) => Math.ceil(most / among);
    const pool = { keepAlive: true, maxSockets: share(MOST_CONNECTIONS), maxFreeSockets: share(MOST_IDLE) };
    this.agent = new this.client.Agent(pool);
  }

  get isLeftAside(): boolean {
    return performance.now() < this.asideUntil;
  }

  /** @throws Away, TookTooLong, the reason of the signal, or what Node says */
  async ask(request: UpstreamRequest, signal: AbortSignal): Promise<IncomingMessage> {
    this.underWay++;
    // One request tries whether it can be reached again; the others need not wait for what comes of that.
    if (this.asideUntil > 0) this.leaveAside();
    try {
      if (this.isSilent) await this.mustLive();
      signal.throwIfAborted();
      const answer = await this.askAgainIfStale(request, signal);
      answer.once('close', () => this.underWay--);
      if (this.asideUntil > 0) this.log.log(`The app ${this.app} is reached at ${this.base.origin} again.`);
      this.asideUntil = 0;
      return answer;
    } catch (error) {
      this.underWay--;
      if (error instanceof Away) {
        if (this.asideUntil === 0)
          this.log.warn(`The app ${this.app} cannot be reached at ${this.base.origin} (${error.message}).`);
        this.leaveAside();
      }
      throw error;
    }
  }

  close(): void {
    this.agent.destroy();
  }

  private leaveAside(): void {
    this.asideUntil = performance.now() + LEFT_ASIDE;
  }

  /** Asks on a connection of its own, once for all who want to know. @throws NoConnection */
  private async mustLive(): Promise<void> {
    if (performance.now() - this.heardAt < BELIEVED) return;
    this.asking ??= this.askWhetherItLives().finally(() => {
      this.asking = undefined;
    });
    await this.asking;
    if (this.isSilent) throw new NoConnection(`it does not say within ${LIVES_WITHIN} ms that it lives`);
  }

  private async askWhetherItLives(): Promise<void> {
    const asked = performance.now();
    const late = AbortSignal.timeout(LIVES_WITHIN);
    try {
      (await this.call(DOES_IT_LIVE, late, false).answer).destroy();
    } catch (error) {
      const isHeard = !late.aborted && !(error instanceof NoConnectionInTime);
      // A refusal is a sign of life: an app that is leaving takes no new connections, and answers what it has.
      if (isHeard) this.hear();
      else this.isSilent = this.heardAt < asked;
    }
  }

  private hear(): void {
    this.heardAt = performance.now();
    this.isSilent = false;
  }

  /** A kept connection may have been closed by the other side just when it is used; nothing has been done there then. */
  private async askAgainIfStale(request: UpstreamRequest, signal: AbortSignal): Promise<IncomingMessage> {
    const first = this.call(request, signal, this.agent);
    try {
      return await first.answer;
    } catch (error) {
      const isStale = first.call.reusedSocket && CLOSED.has(String((error as NodeJS.ErrnoException).code));
      if (!isStale || signal.aborted || !isIdempotent(request)) throw error;
      return await this.call(request, signal, false).answer;
    }
  }

  /** @param agent false: a connection of its own, which no other request has used */
  private call({ method, path, headers, body }: UpstreamRequest, signal: AbortSignal, agent: http.Agent | false) {
    const call = this.client.request({
      host: this.base.hostname.replace(/^\[|\]$/g, ''),
      port: this.base.port,
      path: this.base.pathname.replace(/\/$/, '') + path,
      method,
      headers,
      agent,
    });
    const answer = new Promise<IncomingMessage>((resolve, reject) => {
      let isConnected = false;
      let isOver = false;
      // A call that still waits for a connection tells nobody that it was destroyed. And no error is given to it: a
      // connection that is just being returned to the pool hears none, and what nobody hears ends the process.
      const end = (why: Error) => {
        over();
        reject(why);
        call.destroy();
      };
      const late = setTimeout(() => end(new TookTooLong()), this.deadline);
      const doubts = setInterval(
        () => this.mustLive().catch((why) => isOver || end(isConnected ? new FellSilent(why.message) : why)),
        DOUBTED_AFTER,
      );
      const over = () => {
        isOver = true;
        clearTimeout(late);
        clearInterval(doubts);
      };
      signal.addEventListener('abort', () => end(signal.reason), { once: true });
      call.once('socket', (socket) => {
        isConnected = !socket.connecting;
        if (!isConnected) mustConnect(socket, () => (isConnected = true), end);
      });
      call.on('error', (error) => reject(isConnected ? error : new NoConnection(error.message, { cause: error })));
      call
        .once('response', (answer) => {
          over();
          this.hear();
          resolve(answer);
        })
        .once('close', over);
    });
    call.end(body);
    return { call, answer };
  }
}

function isIdempotent({ method }: UpstreamRequest): boolean {
  return IDEMPOTENT.has(method);
}

function mustConnect(socket: Socket, connected: () => void, end: (why: Error) => void): void {
  const late = setTimeout(
    () => end(new NoConnectionInTime(`no connection within ${CONNECT_WITHIN} ms`)),
    CONNECT_WITHIN,
  );
  // Nothing is sent before the other side has shown its certificate, where it has to.
  socket.once('encrypted' in socket ? 'secureConnect' : 'connect', () => {
    clearTimeout(late);
    connected();
  });
  socket.once('close', () => clearTimeout(late));
}

import http, { type IncomingMessage, type OutgoingHttpHeaders } from 'node:http';
import https from 'node:https';
import type { Socket } from 'node:net';
import {
  BadGatewayException,
  GatewayTimeoutException,
  type HttpException,
  ServiceUnavailableException,
} from '@nestjs/common';
import type { FastifyReply } from 'fastify';

/** Connections to one app; further requests wait for one of them to become free. */
const MOST_CONNECTIONS = 128;
/** How many of them are kept while nothing is asked. */
const MOST_IDLE = 32;
/** More than this many requests at once are refused, so that a slow app cannot fill the gateway's memory. */
const MOST_UNDER_WAY = 1_000;
/** An address that does not answer in this time is as good as none. In milliseconds. */
const CONNECT_WITHIN = 1_000;

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
class NoConnection extends Error {}

/**
 * Another app's HTTP, over a bounded pool of connections that are kept. By Node's own client: the ones for proxies write
 * the path anew by the rules for browsers' addresses, by which `/products/..%2f` is a 400 and `\` becomes `/`.
 */
export class Upstream {
  private readonly base: URL;
  private readonly client: typeof http | typeof https;
  private readonly agent: http.Agent;
  private underWay = 0;

  /** @param deadline how long it may take to begin an answer, in milliseconds */
  constructor(
    readonly app: string,
    url: string,
    private readonly deadline: number,
  ) {
    this.base = new URL(url);
    this.client = this.base.protocol === 'https:' ? https : http;
    const pool = { keepAlive: true, maxSockets: MOST_CONNECTIONS, maxFreeSockets: MOST_IDLE };
    this.agent = new this.client.Agent(pool);
  }

  /**
   * Resolves when the answer begins; its body is still to be read.
   * @throws HttpException 503 when the app cannot be reached, 504 when it takes too long, 502 when it speaks no HTTP
   */
  async ask(request: UpstreamRequest, signal: AbortSignal): Promise<IncomingMessage> {
    if (this.underWay >= MOST_UNDER_WAY) throw this.refusal(new NoConnection(`${MOST_UNDER_WAY} requests are waiting`));
    this.underWay++;
    try {
      const answer = await this.askAgainIfStale(request, signal);
      answer.once('close', () => this.underWay--);
      return answer;
    } catch (error) {
      this.underWay--;
      throw this.refusal(error);
    }
  }

  close(): void {
    this.agent.destroy();
  }

  /** A kept connection may have been closed by the other side just when it is used; nothing has been done there then. */
  private async askAgainIfStale(request: UpstreamRequest, signal: AbortSignal): Promise<IncomingMessage> {
    const first = this.call(request, signal, this.agent);
    try {
      return await first.answer;
    } catch (error) {
      const isStale = first.call.reusedSocket && CLOSED.has(String((error as NodeJS.ErrnoException).code));
      if (!isStale || signal.aborted || !IDEMPOTENT.has(request.method)) throw error;
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
      // A call that still waits for a connection tells nobody that it was destroyed. And no error is given to it: a
      // connection that is just being returned to the pool hears none, and what nobody hears ends the process.
      const end = (why: Error) => {
        reject(why);
        call.destroy();
      };
      const late = setTimeout(() => end(new TookTooLong()), this.deadline);
      signal.addEventListener('abort', () => end(signal.reason), { once: true });
      call.once('socket', (socket) => mustConnect(socket, end));
      call.on('error', reject).once('response', resolve);
      call.once('response', () => clearTimeout(late)).once('close', () => clearTimeout(late));
    });
    call.end(body);
    return { call, answer };
  }

  private refusal(cause: unknown): HttpException {
    if (cause instanceof TookTooLong) {
      return new GatewayTimeoutException('This part of the system took too long to answer. Try again shortly.');
    }
    const { code } = cause as NodeJS.ErrnoException;
    if (code?.startsWith('HPE_')) return new BadGatewayException(`${this.app} does not answer in HTTP.`, { cause });
    return new ServiceUnavailableException(`The app ${this.app} cannot be reached at ${this.base.origin}.`, { cause });
  }
}

function mustConnect(socket: Socket, end: (why: Error) => void): void {
  if (!socket.connecting) return;
  const late = setTimeout(() => end(new NoConnection(`no connection within ${CONNECT_WITHIN} ms`)), CONNECT_WITHIN);
  socket.once('connect', () => clearTimeout(late)).once('close', () => clearTimeout(late));
}

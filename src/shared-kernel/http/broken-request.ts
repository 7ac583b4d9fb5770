import { type ServerResponse, STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import { BadRequestException } from '@nestjs/common';
import type { FastifyInstance } from 'fastify';
import { PROBLEM_MEDIA_TYPE } from './problem.js';

/** What Node's parser gives up on, before there is a request that a route or a filter could answer. */
const STATUS_OF_CODE: Record<string, number> = {
  ERR_HTTP_REQUEST_TIMEOUT: 408,
  HPE_HEADER_OVERFLOW: 431,
  HPE_CHUNK_EXTENSIONS_OVERFLOW: 413,
};

const DETAIL_OF: Record<number, string> = {
  400: 'This is not a well-formed HTTP/1.1 request.',
  408: 'The request took too long to arrive.',
  413: 'The extensions of a chunk are too large.',
  431: 'The headers are too large.',
};

/** A socket knows the answer that is being written to it; Node's own handler looks there too, and says no more publicly. */
type BusySocket = Socket & { _httpMessage?: ServerResponse | null };

/** Answers on the bare socket, as Node's manual shows for `clientError`, and hangs up; never into another answer. */
export function answerBrokenRequest(error: Error & { code?: string }, socket: BusySocket): void {
  if (error.code === 'ECONNRESET' || !socket.writable || socket._httpMessage?.headersSent) {
    socket.destroy();
    return;
  }
  const status = STATUS_OF_CODE[error.code ?? ''] ?? 400;
  const title = STATUS_CODES[status];
  const body = JSON.stringify({ type: 'about:blank', title, status, detail: DETAIL_OF[status] });
  const head = [
    `HTTP/1.1 ${status} ${title}`,
    `content-type: ${PROBLEM_MEDIA_TYPE}`,
    `content-length: ${Buffer.byteLength(body)}`,
    'connection: close',
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`);
}

/**
 * What Node would answer by itself and without a body. A missing Host is a 400 (RFC 9112, 3.2); an expectation that
 * nobody here knows may be ignored (RFC 9110, 10.1.1).
 */
export function answerWhatNodeWould(fastify: FastifyInstance): void {
  fastify.server.on('checkExpectation', (request, response) => fastify.server.emit('request', request, response));
  fastify.addHook('onRequest', ({ raw }, _reply, done) => {
    const hostless = raw.headers.host === undefined && raw.httpVersion === '1.1';
    done(hostless ? new BadRequestException('A request of HTTP/1.1 names its host: send "Host".') : undefined);
  });
}

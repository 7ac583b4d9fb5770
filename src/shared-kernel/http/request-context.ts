import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { Logger } from '@nestjs/common';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { v7 as uuidv7 } from 'uuid';
import { childTraceparent, parseTraceparent, runInContext, type TelemetryContext } from '../telemetry/context.js';

declare module 'fastify' {
  interface FastifyRequest {
    telemetry?: TelemetryContext;
  }
}

const VISIBLE_ASCII_ID = /^[\x21-\x7e]{1,128}$/;
const TRACESTATE = /^[\x20-\x7e]{1,512}$/;

const logger = new Logger('HTTP');

/** One id for all that follows from the request: the caller's own where it sends a usable one, else a new one. */
export function correlationIdOf(request: IncomingMessage): string {
  const offered = [request.headers['x-correlation-id'], request.headers['x-request-id']];
  return offered.find((id) => typeof id === 'string' && VISIBLE_ASCII_ID.test(id))?.toString() ?? uuidv7();
}

/** Opens the telemetry context of each request, says its correlation id in the answer and logs how it went. */
export function openRequestContexts(fastify: FastifyInstance): void {
  fastify.addHook('onRequest', (request, reply, done) => {
    const deadline = performance.now() + request.routeOptions.handlerTimeout;
    request.telemetry = { correlationId: request.id, ...traceOf(request.headers), deadline };
    reply.header('x-correlation-id', request.id);
    runInContext(request.telemetry, done);
  });
  fastify.addHook('onResponse', (request, reply, done) => {
    inContextOf(request, () => logRequest(request, reply));
    done();
  });
}

/** Something is away or slow, and no program is wrong. */
export function isPassing(status: number): boolean {
  return status === 503 || status === 504;
}

/** The path is logged without its query, whose values may be personal. */
export function logRequest(request: FastifyRequest, reply: FastifyReply): void {
  const status = reply.statusCode;
  const line = {
    msg: 'request',
    method: request.method,
    path: request.url.split('?', 1)[0],
    status,
    milliseconds: Math.round(reply.elapsedTime),
  };
  if (isPassing(status)) logger.warn(line);
  else if (status >= 500) logger.error(line);
  else if (status >= 400) logger.log(line);
  else logger.debug(line);
}

function traceOf(headers: IncomingHttpHeaders): Pick<TelemetryContext, 'traceparent' | 'tracestate'> {
  const offered = headers.traceparent?.toString();
  const traceparent = childTraceparent(offered);
  const tracestate = headers.tracestate?.toString();
  const usable = parseTraceparent(offered) && tracestate !== undefined && TRACESTATE.test(tracestate);
  return usable ? { traceparent, tracestate } : { traceparent };
}

/** For what runs beside the request's own chain: its timers and the events of its response. */
export function inContextOf(request: FastifyRequest, work: () => void): void {
  if (request.telemetry) runInContext(request.telemetry, work);
  else work();
}

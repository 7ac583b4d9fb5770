import type { IncomingHttpHeaders, OutgoingHttpHeaders } from 'node:http';
import type { FastifyRequest } from 'fastify';
import { PROOF_HEADER } from './through-gateway.js';

/** About one connection, not about the message (RFC 9110, 7.6.1), and what older software still sends. */
const HOP_BY_HOP = new Set([
  'connection',
  'http2-settings',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/** What the gateway says anew: it has answered the expectation, counted the bytes, and opened the context. */
const SAID_ANEW = new Set([
  'content-length',
  'expect',
  'host',
  'traceparent',
  'tracestate',
  'x-correlation-id',
  'x-request-id',
]);

/** What a client may claim of itself, and only the gateway knows. */
const CLAIMS = /^(?:forwarded|x-real-ip|x-forwarded-.*|x-seamline-.*)$/;

/** The headers with which a request goes on to the app that has its route. */
export function headersOn(request: FastifyRequest, body: Buffer | undefined, proof: string): OutgoingHttpHeaders {
  const headers = endToEnd(request.headers);
  for (const name of Object.keys(headers)) if (SAID_ANEW.has(name) || CLAIMS.test(name)) delete headers[name];
  const length = body?.length ?? (request.headers['content-length'] === undefined ? undefined : 0);
  return {
    ...headers,
    ...(length !== undefined && mayHaveBody(request.method) && { 'content-length': length }),
    ...contextOf(request),
    'x-forwarded-for': request.ip,
    'x-forwarded-host': request.host,
    'x-forwarded-proto': request.protocol,
    [PROOF_HEADER]: proof,
  };
}

/** The headers with which an answer goes back to the client. */
export function headersBack(headers: IncomingHttpHeaders): IncomingHttpHeaders {
  return endToEnd(headers);
}

function endToEnd(headers: IncomingHttpHeaders): IncomingHttpHeaders {
  const named = (headers.connection ?? '').split(',').map((name) => name.trim().toLowerCase());
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !HOP_BY_HOP.has(name) && !named.includes(name)));
}

/** Fastify reads no body of these, so none goes on. */
function mayHaveBody(method: string): boolean {
  return method !== 'GET' && method !== 'HEAD';
}

function contextOf({ id, telemetry }: FastifyRequest): OutgoingHttpHeaders {
  return {
    'x-correlation-id': id,
    ...(telemetry?.traceparent && { traceparent: telemetry.traceparent }),
    ...(telemetry?.tracestate && { tracestate: telemetry.tracestate }),
  };
}

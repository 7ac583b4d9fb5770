import { AsyncLocalStorage } from 'node:async_hooks';
import { randomBytes } from './random.js';

/** What every log line, message and outgoing call of one piece of work carries along. */
export interface TelemetryContext {
  /** The bounded context at work, once it is known. */
  module?: string;
  /** One id for all that follows from one request, across modules and processes. */
  correlationId: string;
  /** The message that caused this work; absent at the edge. */
  causationId?: string | undefined;
  /** W3C trace context of this work: https://www.w3.org/TR/trace-context/ */
  traceparent?: string | undefined;
  tracestate?: string | undefined;
  /** When nobody waits for this work any more, by `performance.now()`: what it asks of others is over by then too. */
  deadline?: number;
}

const storage = new AsyncLocalStorage<TelemetryContext>();

export function currentContext(): TelemetryContext | undefined {
  return storage.getStore();
}

export function runInContext<T>(context: TelemetryContext, work: () => T): T {
  return storage.run(context, work);
}

const TRACEPARENT = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;

export interface TraceParent {
  traceId: string;
  spanId: string;
  flags: string;
}

/** Undefined for anything the specification tells a receiver to ignore (section 3.2). */
export function parseTraceparent(header: string | undefined): TraceParent | undefined {
  const [, version, traceId, spanId, flags, rest] = TRACEPARENT.exec(header ?? '') ?? [];
  if (!version || !traceId || !spanId || !flags) return undefined;
  const unknownShape = version === 'ff' || (version === '00' && rest !== undefined);
  const nothingInIt = /^0+$/.test(traceId) || /^0+$/.test(spanId);
  return unknownShape || nothingInIt ? undefined : { traceId, spanId, flags };
}

/** A span of its own in the caller's trace, or the root of a new, sampled trace where the caller has none. */
export function childTraceparent(parent: string | undefined): string {
  const trace = parseTraceparent(parent);
  return `00-${trace?.traceId ?? randomHex(16)}-${randomHex(8)}-${trace?.flags ?? '01'}`;
}

function randomHex(bytes: number): string {
  return randomBytes(bytes).toString('hex');
}

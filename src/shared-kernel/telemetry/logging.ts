import { Logger, type Params, PinoLogger } from 'nestjs-pino';
import type { LevelWithSilent, LoggerOptions } from 'pino';
import pretty from 'pino-pretty';
import { withoutRows } from '../persistence/failures.js';
import { currentContext, parseTraceparent } from './context.js';

export type LogLevel = LevelWithSilent;

/** Nest's logger, writing JSON lines to standard output; for eyes, where a terminal reads them. */
export function jsonLogger(level: LogLevel): Logger {
  // Wrapped, a serializer of errors would only see the copy that already holds all their properties.
  const options = { ...logOptions(level), wrapSerializers: false };
  const params: Params = { pinoHttp: process.stdout.isTTY ? [options, pretty()] : options };
  return new QuietStart(new PinoLogger(params), params);
}

/** Nest tells at length how it starts, a line per module and route: worth reading when debugging only. */
const START_UP = new Set([
  'NestFactory',
  'InstanceLoader',
  'RoutesResolver',
  'RouterExplorer',
  'NestApplication',
  'NestMicroservice',
]);

class QuietStart extends Logger {
  override log(message: unknown, ...rest: unknown[]): void {
    if (START_UP.has(String(rest.at(-1)))) super.debug(message, ...rest);
    else super.log(message, ...rest);
  }
}

export function logOptions(level: LogLevel): LoggerOptions {
  return { level, base: null, mixin: whatIsAtWork, serializers: { err: describeError } };
}

/** A line names its module by the work it belongs to, or else by its logger. */
function whatIsAtWork(line: object): object {
  const context = currentContext();
  return {
    module: context?.module ?? ('context' in line ? line.context : undefined),
    correlationId: context?.correlationId,
    traceId: parseTraceparent(context?.traceparent)?.traceId,
  };
}

interface DescribedError {
  type: string;
  code?: unknown;
  message: string;
  stack: string;
  cause?: DescribedError;
}

/** Only these: drivers hang rows and parameters on their errors (`detail: Key (email)=(…)`), which are personal data. */
export function describeError(error: unknown): unknown {
  return error instanceof Error ? describe(error) : error;
}

function describe(error: Error): DescribedError {
  const described: DescribedError = {
    type: error.constructor.name,
    message: withoutRows(error.message),
    stack: withoutRows(error.stack ?? ''),
  };
  if ('code' in error) described.code = error.code;
  if (error.cause instanceof Error) described.cause = describe(error.cause);
  return described;
}

import { type ArgumentsHost, Catch, type ExceptionFilter, Logger } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { currentContext } from '../telemetry/context.js';
import { PROBLEM_MEDIA_TYPE, refusalOf } from './problem.js';

/** Every error of every layer ends here: Nest hands over its own, and those of Fastify before any route was found. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  private readonly logger = new Logger('HTTP');

  catch(error: unknown, host: ArgumentsHost): void {
    const reply = host.switchToHttp().getResponse<FastifyReply>();
    const status = refusalOf(error).problem.status;
    if (status >= 500) this.logger.error(error);
    if (reply.sent) return;
    sendProblem(reply, error);
  }
}

export function sendProblem(reply: FastifyReply, error: unknown): void {
  const { problem, retryAfterSeconds } = refusalOf(error);
  const correlationId = currentContext()?.correlationId;
  if (retryAfterSeconds !== undefined) reply.header('retry-after', String(retryAfterSeconds));
  if (problem.status === 401) reply.header('www-authenticate', 'Bearer');
  reply.code(problem.status).type(PROBLEM_MEDIA_TYPE);
  reply.send(JSON.stringify(correlationId === undefined ? problem : { ...problem, correlationId }));
}

import {
  type ArgumentsHost,
  Catch,
  type ExceptionFilter,
  Logger,
  NotFoundException,
  ServiceUnavailableException,
} from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { asError, withoutRows } from '../persistence/failures.js';
import { PROBLEM_MEDIA_TYPE, type Refusal, refusalOf } from './problem.js';
import { inContextOf, isPassing } from './request-context.js';
import type { RouteTable } from './route-table.js';

/** Every error of every layer ends here: Nest hands over its own, and those of Fastify before any route was found. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  private readonly logger = new Logger('HTTP');

  constructor(private readonly routes: RouteTable) {}

  catch(thrown: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    const request = http.getRequest<FastifyRequest>();
    const error = this.misplaced(request) ?? thrown;
    const refusal = this.wrongMethod(request, error) ?? refusalOf(error);
    inContextOf(request, () => this.log(refusal.problem.status, error));
    sendProblem(http.getResponse(), refusal);
  }

  /** Where in the program it was noticed that something is away helps nobody. */
  private log(status: number, error: unknown): void {
    if (isPassing(status)) this.logger.warn(withoutRows(asError(error).message));
    else if (status >= 500) this.logger.error(error);
  }

  /** The gateway forwards only what some module has, so a 404 would deny what there is: the module is not where it looks. */
  private misplaced({ is404, throughGateway, url }: FastifyRequest): ServiceUnavailableException | undefined {
    if (!is404 || !throughGateway || this.routes.knowsBeginningOf(url)) return undefined;
    return new ServiceUnavailableException(
      'The gateway forwards this here, and no module of this app has it: give both the same topology.',
    );
  }

  private wrongMethod(request: FastifyRequest, error: unknown): Refusal | undefined {
    if (!request.is404 || !(error instanceof NotFoundException)) return undefined;
    const allowed = this.routes.methodsOf(request.url);
    if (allowed.length === 0) return undefined;
    const detail = `${request.method} is not for this path; ${allowed.join(', ')} would be.`;
    return {
      problem: { type: 'about:blank', title: 'Method Not Allowed', status: 405, detail },
      headers: { allow: allowed.join(', ') },
    };
  }
}

export function sendProblem(reply: FastifyReply, { problem, headers }: Refusal): void {
  // An answer that has begun cannot become a problem any more.
  if (reply.sent) return;
  if (problem.status === 401) reply.header('www-authenticate', 'Bearer');
  const correlationId = reply.request.id;
  reply
    .code(problem.status)
    .headers({ ...headers, 'x-correlation-id': correlationId })
    .type(PROBLEM_MEDIA_TYPE);
  reply.send(JSON.stringify({ ...problem, correlationId }));
}

import { type CallHandler, type ExecutionContext, Injectable, type NestInterceptor } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { map, type Observable } from 'rxjs';

/** What a route answers when the status or the Location (a path whose parts are percent-encoded) is its own decision. */
export class Answer<T = unknown> {
  constructor(
    readonly status: number,
    readonly body: T,
    readonly location?: string,
  ) {}
}

/** 201: it exists now, at `location`. */
export function created<T>(body: T, location?: string): Answer<T> {
  return new Answer(201, body, location);
}

/** 202: taken on; what becomes of it is told at `location`. */
export function accepted<T>(body: T, location?: string): Answer<T> {
  return new Answer(202, body, location);
}

/** Writes an Answer's status and Location to the reply. */
@Injectable()
export class AnswerInterceptor implements NestInterceptor {
  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const reply = context.switchToHttp().getResponse<FastifyReply>();
    return next.handle().pipe(map((result) => (result instanceof Answer ? this.write(result, reply) : result)));
  }

  private write(answer: Answer, reply: FastifyReply): unknown {
    reply.code(answer.status);
    if (answer.location !== undefined) reply.header('location', answer.location);
    return answer.body;
  }
}

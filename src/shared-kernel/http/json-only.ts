import { type CanActivate, type ExecutionContext, Injectable, UnsupportedMediaTypeException } from '@nestjs/common';
import type { FastifyInstance, FastifyRequest } from 'fastify';

declare module 'fastify' {
  interface FastifyRequest {
    /** It has a body that was left unread, since nobody here could. */
    isUnread?: true;
  }
}

/** Has Fastify read JSON, and leave any other body to be refused by {@link JsonOnly}: Fastify would do so before any guard. */
export function readJsonOnly(fastify: FastifyInstance): void {
  fastify.removeContentTypeParser('text/plain');
  fastify.addContentTypeParser('*', (request, _body, done) => {
    request.isUnread = true;
    done(null);
  });
}

/** Global, after the one that asks who it is: a stranger learns nothing of what a route would take. */
@Injectable()
export class JsonOnly implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    if (context.switchToHttp().getRequest<FastifyRequest>().isUnread) throw new UnsupportedMediaTypeException();
    return true;
  }
}

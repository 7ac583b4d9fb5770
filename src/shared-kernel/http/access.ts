import {
  applyDecorators,
  type CanActivate,
  createParamDecorator,
  type ExecutionContext,
  Injectable,
  SetMetadata,
} from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { FastifyRequest } from 'fastify';
import { DomainError } from '../contract/domain-error.js';
import { NeedsNoToken, Refuses } from './openapi.js';
import { type Principal, TokenVerifier, unauthorized } from './tokens.js';

const PUBLIC = Symbol('public');
const ROLES = Symbol('roles');

declare module 'fastify' {
  interface FastifyRequest {
    principal?: Principal;
  }
}

/** The route asks for no token and looks at none. */
export const Public = () => applyDecorators(SetMetadata(PUBLIC, true), NeedsNoToken());

/** The route is for principals with any of these roles. A route with neither decorator is for any signed-in principal. */
export const Allow = (...roles: string[]) =>
  applyDecorators(SetMetadata(ROLES, roles), Refuses({ 403: `for ${roles.join(' or ')} only` }));

/** The principal of an authenticated route. */
export const CurrentPrincipal = createParamDecorator((_data: unknown, context: ExecutionContext): Principal => {
  const { principal } = context.switchToHttp().getRequest<FastifyRequest>();
  if (!principal) throw new Error('@CurrentPrincipal() on a @Public() route: there is nobody to name.');
  return principal;
});

/** Whose things this principal may see: anybody's (undefined) with one of the roles, otherwise only their own. */
export function ownerUnless(principal: Principal, ...roles: string[]): string | undefined {
  return hasOneOf(roles, principal) ? undefined : principal.id;
}

/** Global: a route is closed unless it says otherwise. */
@Injectable()
export class AccessGuard implements CanActivate {
  constructor(
    private readonly reflector: Reflector,
    private readonly tokens: TokenVerifier,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const targets = [context.getHandler(), context.getClass()];
    if (this.reflector.getAllAndOverride<boolean>(PUBLIC, targets)) return true;
    const request = context.switchToHttp().getRequest<FastifyRequest>();
    const principal = await this.tokens.verify(bearerToken(request));
    request.principal = principal;
    mustHaveOneOf(this.reflector.getAllAndOverride<string[]>(ROLES, targets), principal);
    return true;
  }
}

function bearerToken(request: FastifyRequest): string {
  const [, token] = /^Bearer +(\S+)$/i.exec(request.headers.authorization ?? '') ?? [];
  if (!token) throw unauthorized('This needs a token: send "Authorization: Bearer <accessToken>".');
  return token;
}

function mustHaveOneOf(allowed: string[] | undefined, principal: Principal): void {
  if (!allowed || hasOneOf(allowed, principal)) return;
  throw new DomainError('forbidden', 'forbidden', `This is for ${allowed.join(' or ')} only.`);
}

function hasOneOf(roles: readonly string[], principal: Principal): boolean {
  return roles.some((role) => principal.roles.includes(role));
}

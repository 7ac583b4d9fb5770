import { HttpException, type Type } from '@nestjs/common';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { contextOf } from '../bounded-context.js';
import { type PlacedApp, type Placement, TopologyError } from '../topology/topology.js';
import { headersBack, headersOn } from './forwarded-headers.js';
import { firstSegmentOf, type Route, routesOf } from './module-routes.js';
import { proofOf } from './through-gateway.js';
import { Upstream, whenGone } from './upstream.js';

/**
 * The whole system, as one of its apps sees it. In the gateway the routes of modules that live in other apps are
 * forwarded to them; any other app forwards nothing, and believes the gateway about whom a request comes from.
 */
export interface Forwarding {
  readonly placement: Placement;
  /** The app of this process. */
  readonly self: string;
  /** All modules of the system, those that live here included. */
  readonly modules: readonly Type[];
  /** Shared by the apps and nobody else: proves that a request came through the gateway. */
  readonly secret: string;
  /** How long another app may take to begin an answer, in milliseconds; as long as a handler here when absent. */
  readonly deadline?: number | undefined;
}

/** How long a handler may take, in milliseconds. */
export const HANDLER_TIMEOUT = 30_000;

/** A module of the system, and where it lives. */
export interface PlacedModule {
  readonly name: string;
  readonly type: Type;
  readonly app: PlacedApp;
}

declare module 'fastify' {
  interface FastifyRequest {
    /** What came with a request that is forwarded, byte for byte: its own app decides what to make of it. */
    bytes?: Buffer;
  }
}

/** The app itself says how long it takes; Fastify's clock would also cut off a client that reads slowly. */
const NO_HANDLER_TIMEOUT = 2 ** 31 - 1;

/** The modules that the gateway forwards to; none in any other app. */
export function modulesElsewhere(forwarding: Forwarding): PlacedModule[] {
  if (forwarding.placement.gateway.name !== forwarding.self) return [];
  return placedModules(forwarding).filter(({ app }) => app.name !== forwarding.self);
}

/** @throws TopologyError where the path of a request would not tell which app it is for; names all such paths. */
export function mustBeToldApart(forwarding: Forwarding): void {
  const bySegment = Map.groupBy(
    placedModules(forwarding).flatMap((module) =>
      [...new Set(routesOf(module.type).map(firstSegmentOf))].map((segment) => ({ segment, ...module })),
    ),
    ({ segment }) => segment,
  );
  const problems = [...bySegment]
    .filter(([, claims]) => new Set(claims.map(({ app }) => app.name)).size > 1)
    .map(([segment, claims]) => {
      const who = claims.map(({ name, app }) => `"${name}" in the app ${app.name}`).join(' and ');
      return `Both ${who} serve paths below "/${segment}": place them in one app, or give one another first path segment.`;
    });
  if (problems.length > 0) throw new TopologyError(problems);
}

/** The apps that the gateway forwards to, each with its connections. */
export function upstreamsOf(forwarding: Forwarding): Map<string, Upstream> {
  const { deadline = HANDLER_TIMEOUT } = forwarding;
  const apps = new Map(modulesElsewhere(forwarding).map(({ app }) => [app.name, app.http]));
  return new Map([...apps].map(([name, urls]) => [name, Upstream.at(urls, name, deadline)]));
}

/**
 * Has the gateway's server forward the routes of modules that live elsewhere, and no others, so that what no module has is
 * answered here. To be called after the hooks that every request goes through have been added.
 */
export function forwardRoutes(
  fastify: FastifyInstance,
  forwarding: Forwarding,
  upstreams: ReadonlyMap<string, Upstream>,
): void {
  const proof = proofOf(forwarding.secret);
  // A context of its own, in which bodies are bytes.
  fastify.register((scope, _options, done) => {
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser('*', { parseAs: 'buffer' }, (request, body: Buffer, parsed) => {
      request.bytes = body;
      parsed(null);
    });
    for (const { type, app } of modulesElsewhere(forwarding)) {
      const upstream = upstreams.get(app.name) as Upstream;
      for (const route of routesOf(type)) scope.route(forwarded(route, upstream, proof));
    }
    done();
  });
}

function forwarded({ method, path }: Route, upstream: Upstream, proof: string) {
  return {
    method,
    url: path,
    handlerTimeout: NO_HANDLER_TIMEOUT,
    handler: (request: FastifyRequest, reply: FastifyReply) => forward(request, reply, upstream, proof),
  };
}

async function forward(request: FastifyRequest, reply: FastifyReply, upstream: Upstream, proof: string) {
  if (request.throughGateway) throw leadsBack(upstream);
  const { method, bytes: body } = request;
  const gone = whenGone(reply);
  try {
    const path = request.raw.url as string;
    const answer = await upstream.ask({ method, path, headers: headersOn(request, body, proof), body }, gone);
    // Whatever has arrived of it is on its way already, so half an answer can only be cut off.
    answer.once('error', () => reply.raw.destroy());
    return reply
      .code(answer.statusCode as number)
      .headers(headersBack(answer.headers))
      .send(answer);
  } catch (error) {
    if (gone.aborted) return reply.hijack();
    throw error;
  }
}

function leadsBack({ app }: Upstream): HttpException {
  return new HttpException(`The address of ${app} in the topology leads back to the gateway: correct its "http".`, 508);
}

function placedModules({ placement, modules }: Forwarding): PlacedModule[] {
  return modules.flatMap((type) => {
    const name = contextOf(type)?.declaration.name;
    return name === undefined ? [] : [{ name, type, app: placement.appOf(name) }];
  });
}

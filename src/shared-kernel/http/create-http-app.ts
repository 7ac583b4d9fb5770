import type { Server } from 'node:http';
import type { DynamicModule, Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyHttpOptions } from 'fastify';
import { jsonLogger, type LogLevel } from '../telemetry/logging.js';
import { answerBrokenRequest, answerWhatNodeWould } from './broken-request.js';
import { DrainingAdapter } from './draining-adapter.js';
import { type Forwarding, HANDLER_TIMEOUT, modulesElsewhere, mustBeToldApart } from './forwarding.js';
import { placeAmongOthers } from './gateway.js';
import { HealthRegistry } from './health.js';
import { httpKernelAround } from './http-kernel.js';
import { readJsonOnly } from './json-only.js';
import { type ApiDescription, serveOpenApi } from './openapi.js';
import { refusalOf } from './problem.js';
import { ProblemFilter, sendProblem } from './problem-filter.js';
import { correlationIdOf, logRequest, openRequestContexts } from './request-context.js';
import { RouteTable } from './route-table.js';
import { refuseUnstorableText } from './storable-text.js';
import { believeGateway } from './through-gateway.js';
import type { HttpSettings } from './tokens.js';
import { withModules } from './whole-system.js';

export interface HttpAppOptions {
  settings: HttpSettings;
  api: ApiDescription;
  logLevel: LogLevel;
  /** Where the modules of the system live; absent where all of them live in this app. */
  forwarding?: Forwarding | undefined;
}

const SECOND = 1_000;

/** Limits that a client cannot talk us out of: how much it may send, and how long it may take to do so. */
const serverOptions: FastifyHttpOptions<Server> = {
  bodyLimit: 1024 * 1024,
  requestTimeout: 20 * SECOND,
  // After the one before it, so that a slow client is told of its own slowness and not of ours.
  handlerTimeout: HANDLER_TIMEOUT,
  connectionTimeout: 60 * SECOND,
  // Longer than the 60 s after which the usual load balancers let go, so that it is never us who hang up first.
  keepAliveTimeout: 65 * SECOND,
  http: { headersTimeout: 10 * SECOND, connectionsCheckingInterval: 2 * SECOND, requireHostHeader: false },
  routerOptions: { maxParamLength: 500 },
  // A forwarded address is whatever the client claims, as long as no proxy is known to set it.
  trustProxy: false,
  genReqId: correlationIdOf,
  clientErrorHandler: answerBrokenRequest,
  frameworkErrors: (error, request, reply) => {
    sendProblem(reply, refusalOf(error));
    logRequest(request, reply);
  },
};

/** An app of one or more modules behind HTTP, ready for `listen`; `close` drains it. */
export async function createHttpApp(
  root: Type | DynamicModule,
  { settings, api, logLevel, forwarding }: HttpAppOptions,
): Promise<NestFastifyApplication> {
  if (forwarding) mustBeToldApart(forwarding);
  const elsewhere = forwarding ? modulesElsewhere(forwarding).map(({ type }) => type) : [];
  const whole = elsewhere.length > 0 ? await withModules(elsewhere, root, settings) : undefined;
  const adapter = new DrainingAdapter(serverOptions);
  const fastify = adapter.getInstance();
  const routes = new RouteTable(fastify);
  if (forwarding) believeGateway(fastify, forwarding.secret);
  openRequestContexts(fastify);
  answerWhatNodeWould(fastify);
  refuseUnstorableText(fastify);
  readJsonOnly(fastify);

  const app = await NestFactory.create<NestFastifyApplication>(httpKernelAround(root, settings), adapter, {
    logger: jsonLogger(logLevel),
    abortOnError: false,
    // Fastify's own parser is the JSON one; Nest would add forms, which no route takes.
    bodyParser: false,
  });
  adapter.whenDraining(() => app.get(HealthRegistry).stop());
  app.useGlobalFilters(new ProblemFilter(routes));
  app.useSecurityHeaders(securityHeaders);
  serveOpenApi(app, whole ?? app, api);
  if (forwarding) placeAmongOthers(app, forwarding);
  return app;
}

/** For an API, and tight around the one page it serves (/docs). TLS ends elsewhere, so HSTS is set there. */
const securityHeaders: Parameters<NestFastifyApplication['useSecurityHeaders']>[0] = {
  contentSecurityPolicy: {
    useDefaults: false,
    directives: {
      defaultSrc: "'none'",
      scriptSrc: "'self'",
      styleSrc: ["'self'", "'unsafe-inline'"],
      imgSrc: ["'self'", 'data:'],
      connectSrc: "'self'",
      baseUri: "'none'",
      formAction: "'none'",
      frameAncestors: "'none'",
    },
  },
  strictTransportSecurity: false,
  xFrameOptions: { action: 'deny' },
};

import { text } from 'node:stream/consumers';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { CareBesideOthers } from './care-beside-others.js';
import { CareForAllApps } from './care-for-all-apps.js';
import { type Forwarding, forwardRoutes, modulesElsewhere, upstreamsOf } from './forwarding.js';
import { HealthRegistry } from './health.js';
import type { Upstream } from './upstream.js';

/** Has the app take its place among the others. To be called once its own hooks are there, and before it listens. */
export function placeAmongOthers(app: NestFastifyApplication, forwarding: Forwarding): void {
  if (modulesElsewhere(forwarding).length > 0) answerForOthers(app, forwarding);
  else app.useGlobalInterceptors(new CareBesideOthers(forwarding));
}

/** The gateway forwards the routes of the others, tells how they are, and takes care of their messages. */
function answerForOthers(app: NestFastifyApplication, forwarding: Forwarding): void {
  const fastify = app.getHttpAdapter().getInstance();
  const upstreams = upstreamsOf(forwarding);
  const health = app.get(HealthRegistry);
  for (const upstream of upstreams.values())
    health.registerApp(upstream.app, (signal) => mustBeReady(upstream, signal));
  app.useGlobalInterceptors(new CareForAllApps(forwarding, upstreams));
  forwardRoutes(fastify, forwarding, upstreams);
  fastify.addHook('onClose', async () => {
    for (const upstream of upstreams.values()) upstream.close();
  });
}

/** One instance is enough: what another cannot do it can. */
async function mustBeReady(upstream: Upstream, signal: AbortSignal): Promise<void> {
  try {
    await Promise.any(upstream.instances().map((instance) => instanceMustBeReady(instance, signal)));
  } catch (error) {
    throw new Error((error as AggregateError).errors.map(({ message }) => message).join(' '));
  }
}

async function instanceMustBeReady(upstream: Upstream, signal: AbortSignal): Promise<void> {
  const answer = await upstream.ask({ method: 'GET', path: '/health/ready', headers: {} }, signal);
  await text(answer);
  if (answer.statusCode !== 200) throw new Error(`The app ${upstream.app} answers ${answer.statusCode}.`);
}

import { Controller, Get, Injectable, Logger, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import { Public } from './access.js';
import { Returns } from './openapi.js';

const CHECK_DEADLINE_MS = 2_000;

/** Throws, or does not come back, while the module cannot do its work. The signal says that nobody waits for it any more. */
export type HealthCheck = (signal: AbortSignal) => Promise<void>;

const Status = z.enum(['ready', 'not-ready']);
const ByName = z.record(z.string(), z.object({ status: Status }));
export const Readiness = z.object({
  status: Status,
  modules: ByName,
  apps: ByName.optional().describe('the apps that requests are forwarded to; `status` does not depend on them'),
});
export type Readiness = z.infer<typeof Readiness>;

/** Modules register what they need to work, the gateway what it forwards to; `GET /health/ready` asks all of them at once. */
@Injectable()
export class HealthRegistry {
  private readonly logger = new Logger('Health');
  private readonly checks = new Map<string, HealthCheck[]>();
  private readonly apps = new Map<string, HealthCheck[]>();
  private stopping = false;
  private asking: Promise<Readiness> | undefined;

  register(module: string, check: HealthCheck): void {
    this.checks.set(module, [...(this.checks.get(module) ?? []), check]);
  }

  /** Another app, without which this one is ready all the same: what else it serves it can. */
  registerApp(app: string, check: HealthCheck): void {
    this.apps.set(app, [check]);
  }

  /** From now on the process is not ready, whatever its modules say. */
  stop(): void {
    this.stopping = true;
  }

  /** Anyone may ask, as often as they like; the modules are asked once at a time. */
  readiness(): Promise<Readiness> {
    this.asking ??= this.askAll().finally(() => {
      this.asking = undefined;
    });
    return this.asking;
  }

  private async askAll(): Promise<Readiness> {
    const [modules, apps] = await Promise.all([this.askEach(this.checks), this.askEach(this.apps)]);
    const ready = !this.stopping && Object.values(modules).every(({ status }) => status === 'ready');
    return { status: ready ? 'ready' : 'not-ready', modules, ...(this.apps.size > 0 && { apps }) };
  }

  private async askEach(checks: ReadonlyMap<string, HealthCheck[]>): Promise<Readiness['modules']> {
    return Object.fromEntries(await Promise.all([...checks].map(([name, each]) => this.ask(name, each))));
  }

  private async ask(name: string, checks: HealthCheck[]): Promise<[string, { status: Readiness['status'] }]> {
    try {
      await Promise.all(checks.map(withinDeadline));
      return [name, { status: 'ready' }];
    } catch (error) {
      this.logger.warn(`${name} is not ready: ${error instanceof Error ? error.message : error}`);
      return [name, { status: 'not-ready' }];
    }
  }
}

async function withinDeadline(check: HealthCheck): Promise<void> {
  const waiting = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const deadline = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      reject(new Error(`no answer within ${CHECK_DEADLINE_MS} ms`));
    }, CHECK_DEADLINE_MS);
  });
  try {
    await Promise.race([check(waiting.signal), deadline]);
  } finally {
    clearTimeout(timer);
    waiting.abort();
  }
}

@Public()
@Controller('health')
export class HealthController {
  constructor(private readonly registry: HealthRegistry) {}

  @Get('live')
  @Returns(200, z.object({ status: z.literal('live') }), 'the process serves')
  live(): { status: 'live' } {
    return { status: 'live' };
  }

  @Get('ready')
  @Returns(200, Readiness, 'every module of this app can do its work')
  @Returns(503, Readiness, 'not every module of this app can, or the process is going down')
  async ready(@Res({ passthrough: true }) reply: FastifyReply): Promise<Readiness> {
    const readiness = await this.registry.readiness();
    if (readiness.status !== 'ready') reply.code(503);
    return readiness;
  }
}

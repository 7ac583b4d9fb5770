import { Controller, Get, Injectable, Logger, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import { Public } from './access.js';
import { Returns } from './openapi.js';

const CHECK_DEADLINE_MS = 2_000;

/** Throws, or does not come back, while the module cannot do its work. */
export type HealthCheck = () => Promise<void>;

const Status = z.enum(['ready', 'not-ready']);
export const Readiness = z.object({ status: Status, modules: z.record(z.string(), z.object({ status: Status })) });
export type Readiness = z.infer<typeof Readiness>;

/** Modules register what they need to work; `GET /health/ready` asks all of them at once. */
@Injectable()
export class HealthRegistry {
  private readonly logger = new Logger('Health');
  private readonly checks = new Map<string, HealthCheck[]>();
  private stopping = false;
  private asking: Promise<Readiness> | undefined;

  register(module: string, check: HealthCheck): void {
    this.checks.set(module, [...(this.checks.get(module) ?? []), check]);
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
    const answers = await Promise.all([...this.checks].map(([module, checks]) => this.ask(module, checks)));
    const ready = !this.stopping && answers.every(([, { status }]) => status === 'ready');
    return { status: ready ? 'ready' : 'not-ready', modules: Object.fromEntries(answers) };
  }

  private async ask(module: string, checks: HealthCheck[]): Promise<[string, { status: Readiness['status'] }]> {
    try {
      await Promise.all(checks.map(withinDeadline));
      return [module, { status: 'ready' }];
    } catch (error) {
      this.logger.warn(`${module} is not ready: ${error instanceof Error ? error.message : error}`);
      return [module, { status: 'not-ready' }];
    }
  }
}

async function withinDeadline(check: HealthCheck): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const deadline = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${CHECK_DEADLINE_MS} ms`)), CHECK_DEADLINE_MS);
  });
  try {
    await Promise.race([check(), deadline]);
  } finally {
    clearTimeout(timer);
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
  @Returns(200, Readiness, 'every module can do its work')
  @Returns(503, Readiness, 'not every module can, or the process is going down')
  async ready(@Res({ passthrough: true }) reply: FastifyReply): Promise<Readiness> {
    const readiness = await this.registry.readiness();
    if (readiness.status !== 'ready') reply.code(503);
    return readiness;
  }
}

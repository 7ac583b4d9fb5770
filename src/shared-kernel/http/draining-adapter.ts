import type { Server } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { FastifyHttpOptions } from 'fastify';

const DRAIN_DEADLINE_MS = 3_000;

/**
 * Shutdown in the order a client would wish: not ready, no new connections, requests in flight answered, then the rest
 * of the app. Nest awaits `beforeClose` before any module's onModuleDestroy takes the ground away from them.
 */
export class DrainingAdapter extends FastifyAdapter {
  private inFlight = 0;
  private draining = false;
  private becameIdle: () => void = () => undefined;
  private tellDraining: () => void = () => undefined;

  constructor(options: FastifyHttpOptions<Server>) {
    super(options);
    this.instance.addHook('onRequest', (_request, reply, done) => {
      this.inFlight++;
      reply.raw.once('close', () => this.ended());
      if (this.draining) reply.header('connection', 'close');
      done();
    });
  }

  whenDraining(tell: () => void): void {
    this.tellDraining = tell;
  }

  override async beforeClose(): Promise<void> {
    super.beforeClose();
    this.draining = true;
    this.tellDraining();
    const server = this.getHttpServer();
    if (!server.listening) return;
    server.close();
    await Promise.race([this.idle(), sleep(DRAIN_DEADLINE_MS, undefined, { ref: false })]);
    server.closeAllConnections();
  }

  private idle(): Promise<void> {
    return new Promise((resolve) => {
      this.becameIdle = resolve;
      if (this.inFlight === 0) resolve();
    });
  }

  private ended(): void {
    this.inFlight--;
    if (this.inFlight === 0) this.becameIdle();
  }
}

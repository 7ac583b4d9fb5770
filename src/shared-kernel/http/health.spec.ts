import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Module } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { createHttpApp } from './create-http-app.js';
import { HealthRegistry } from './health.js';

@Module({})
class EmptyModule {}

describe('health', () => {
  let app: NestFastifyApplication;
  let registry: HealthRegistry;

  beforeEach(async () => {
    const settings = { jwksUrls: () => ['http://127.0.0.1:1/'], issuer: 'test', audience: 'test' };
    const api = { title: 'Empty', description: 'empty', version: '1' };
    app = await createHttpApp(EmptyModule, { settings, api, logLevel: 'silent' });
    await app.init();
    registry = app.get(HealthRegistry);
  });
  afterEach(() => app.close());

  it('is ready while every check of every module passes', async () => {
    registry.register('lamps', async () => undefined);
    registry.register('doors', async () => undefined);
    const answer = await app.inject('/health/ready');
    expect(answer.statusCode).toBe(200);
    expect(answer.json()).toEqual({
      status: 'ready',
      modules: { lamps: { status: 'ready' }, doors: { status: 'ready' } },
    });
  });

  it('is not ready where one check of one module fails, and stays alive', async () => {
    registry.register('lamps', async () => undefined);
    registry.register('doors', async () => undefined);
    registry.register('doors', async () => {
      throw new Error('password=hunter2');
    });
    const answer = await app.inject('/health/ready');
    expect(answer.statusCode).toBe(503);
    expect(answer.json()).toEqual({
      status: 'not-ready',
      modules: { lamps: { status: 'ready' }, doors: { status: 'not-ready' } },
    });
    expect((await app.inject('/health/live')).statusCode).toBe(200);
  });

  it('waits two seconds for a check that hangs, and asks it once however many want to know', async () => {
    let asked = 0;
    registry.register('lamps', () => {
      asked++;
      return new Promise(() => undefined);
    });
    const started = Date.now();
    const answers = await Promise.all([app.inject('/health/ready'), app.inject('/health/ready')]);
    expect(answers.map(({ statusCode }) => statusCode)).toEqual([503, 503]);
    expect(Date.now() - started).toBeLessThan(15_000);
    expect(asked).toBe(1);
  });
});

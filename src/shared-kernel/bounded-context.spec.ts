import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Injectable, Module } from '@nestjs/common';
import { z } from 'zod';
import { BootRefusal } from './boot-refusal.js';
import { BoundedContext } from './bounded-context.js';
import { defineCommand, defineEvent } from './contract/message.js';
import { Handle, HandleInBatches, Subscribe } from './messaging/subscriptions.js';
import { Building } from './requests/testing/two-apps.js';

const shape = z.strictObject({ key: z.string() });
const File = defineCommand('desk.file.v1', 'key', shape);
const Store = defineCommand('attic.store.v1', 'key', shape);
const Stored = defineEvent('attic.stored.v1', 'key', shape);
const Rang = defineEvent('hall.rang.v1', 'key', shape);

@Injectable()
class Clerk {
  @Handle(File)
  file(): void {}
  @Handle(Store)
  store(): void {}
  @Subscribe(Stored)
  stored(): void {}
  @Subscribe(Rang)
  rang(): void {}
}

@Injectable()
class SecondClerk {
  @HandleInBatches(File)
  file(): void {}
}

@Module({
  imports: [
    BoundedContext.register({
      declaration: { name: 'desk', schema: 'desk', dependsOn: ['hall'] },
      entities: [],
      migrations: [],
      subscribers: [Clerk, SecondClerk],
    }),
  ],
  providers: [Clerk, SecondClerk],
})
class DeskModule {}

describe('a module', () => {
  let building: Building;
  beforeAll(async () => {
    building = await Building.start();
  });
  afterAll(() => building.close());

  it('does not start when it takes what it may not, and hears of all of it at once', async () => {
    const refusal = await building.boot([DeskModule]).then(
      () => undefined,
      (error: unknown) => error,
    );
    expect(refusal).toBeInstanceOf(BootRefusal);
    expect(`${refusal}`.split('\n')).toEqual([
      'BootRefusal: Module "desk" cannot start:',
      '  It handles attic.store.v1, but only "attic" may: a command has one receiver.',
      '  It subscribes to attic.stored.v1; add "attic" to dependsOn in its module.json.',
      '  It handles desk.file.v1 twice: leave one @Handle(…) of the two.',
    ]);
  });
});

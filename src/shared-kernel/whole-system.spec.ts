import { describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { BootRefusal } from './boot-refusal.js';
import type { BoundedContextOptions } from './bounded-context.js';
import { defineCommand, defineEvent } from './contract/message.js';
import { defineQuery } from './contract/query.js';
import { from } from './contract/upcast.js';
import { Handle } from './messaging/subscriptions.js';
import { Answers } from './requests/answers.js';
import { mustBeWhole } from './whole-system.js';

const shape = z.strictObject({ key: z.string() });
const Pay = defineCommand('till.pay.v1', 'key', shape);
const Balance = defineQuery('till.balance.v1', z.strictObject({}), z.strictObject({ euros: z.int() }));
defineEvent('till.paid.v1', 'key', shape);

class Till {
  @Handle(Pay) pay() {}
  @Answers(Balance) balance() {
    return { euros: 0 };
  }
}
class SecondTill {
  @Handle(Pay) pay() {}
  @Answers(Balance) balance() {
    return { euros: 0 };
  }
}

function context(name: string, ...classes: BoundedContextOptions['subscribers'] & object): BoundedContextOptions {
  const declaration = { name, schema: name, dependsOn: [] };
  return { declaration, entities: [], migrations: [], subscribers: classes, answers: classes };
}

function refusalOf(...contexts: BoundedContextOptions[]): string[] {
  try {
    mustBeWhole(contexts);
  } catch (error) {
    if (!(error instanceof BootRefusal)) throw error;
    expect(error.mend).toContain('seamline check --only topology');
    const [first, ...problems] = error.message.split('\n');
    expect(first).toBe('The modules do not make a whole system:');
    return problems;
  }
  return [];
}

describe('a system', () => {
  it('is whole when each command is handled, and each query answered, by its owner once', () => {
    expect(refusalOf(context('till', Till))).toEqual([]);
  });

  it('asks nothing about the messages of modules that are not on its map', () => {
    expect(refusalOf(context('books'))).toEqual([]);
  });

  it('is refused with every message that nobody takes', () => {
    expect(refusalOf(context('till'), context('books', Till))).toEqual([
      '  Nothing in module "till" answers till.balance.v1: give a method @Answers(…) and its class to "answers", or delete the contract.',
      '  Nothing in module "till" handles till.pay.v1: give a method @Handle(…) and its class to "subscribers", or delete the contract.',
    ]);
  });

  it('is refused with every message that two take', () => {
    expect(refusalOf(context('till', Till, SecondTill))).toEqual([
      '  Module "till" answers till.balance.v1 twice: leave one @Answers(…) of the two.',
      '  Module "till" handles till.pay.v1 twice: leave one @Handle(…) of the two.',
    ]);
  });

  it('takes an older version where it takes the one that is upcast from it', () => {
    const Open = defineCommand('shop.open.v1', 'key', shape);
    const Open2 = defineCommand('shop.open.v2', 'key', shape, { upcasts: from(Open, (older) => older) });
    class Shop {
      @Handle(Open2) open() {}
    }
    expect(refusalOf(context('shop', Shop))).toEqual([]);
  });
});

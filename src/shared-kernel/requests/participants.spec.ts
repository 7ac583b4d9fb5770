import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { defineQuery } from '../contract/query.js';
import { Requests } from './requests.js';
import { AtticTimeLeft, Greeting, HallModule, Riddle, TimeLeft } from './testing/office.js';
import { Building } from './testing/two-apps.js';

const module = (name: string, ...dependsOn: string[]) => ({ name, schema: name, dependsOn });
const by = (...queries: (typeof Greeting | typeof TimeLeft | typeof AtticTimeLeft | typeof Riddle)[]) =>
  queries.map((query) => ({ query, answer: () => ({}) }));

describe('a module may not', () => {
  it('answer what another one owns, what is answered already, or ask whom it does not depend on', () => {
    const joining = () =>
      new Requests(undefined).join({
        declaration: module('hall', 'attic'),
        answers: by(Greeting, Greeting),
        asks: [AtticTimeLeft, TimeLeft],
      });
    expect(joining).toThrow(
      [
        'Module "hall" cannot start:',
        '  It answers desk.greeting.v1, but only "desk" may: a query is answered by its owner.',
        '  It answers desk.greeting.v1, but only "desk" may: a query is answered by its owner.',
        '  It answers desk.greeting.v1 twice: leave one @Answers(…) of the two.',
        '  It asks desk.time-left.v1; add "desk" to dependsOn in its module.json.',
      ].join('\n'),
    );
  });

  it('ask what its owner in the same app does not answer', () => {
    const requests = new Requests(undefined);
    requests.join({ declaration: module('hall', 'desk'), answers: [], asks: [Greeting, Riddle] });
    requests.join({ declaration: module('desk'), answers: by(Greeting), asks: [] });
    expect(() => requests.mustBeWhole()).toThrow(
      'Some queries can have no answer:\n  hall asks desk.riddle.v1, but desk does not answer it: give a method @Answers(…) and its class to "answers".',
    );
  });

  it('ask an owner who lives nowhere', () => {
    const alone = new Requests(undefined);
    const asking = { declaration: module('hall', 'desk'), answers: [], asks: [Greeting] };
    alone.join(asking);
    expect(() => alone.mustBeWhole()).toThrow('but desk lives neither in this app nor in any other');

    const appOf = () => {
      throw new Error('no app holds desk.');
    };
    const among = new Requests({ appOf, ask: () => Promise.reject(new Error('nobody')) });
    among.join(asking);
    expect(() => among.mustBeWhole()).toThrow('hall asks desk.greeting.v1, but no app holds desk.');
  });
});

describe('an app', () => {
  let building: Building;
  beforeAll(async () => {
    building = await Building.start();
  });
  afterAll(() => building.close());

  it('does not start with a question that nobody could answer', async () => {
    await expect(building.boot([HallModule])).rejects.toThrow('but desk lives neither in this app nor in any other');
  });
});

describe('a query cannot be declared', () => {
  const closed = z.strictObject({ text: z.string() });

  it('under a name without owner or version', () => {
    expect(() => defineQuery('greeting', closed, closed)).toThrow('"greeting" is no query name');
  });

  it('open, or with what JSON cannot hold', () => {
    expect(() => defineQuery('desk.a.v1', z.object({}), closed)).toThrow('The request of desk.a.v1 is open');
    expect(() => defineQuery('desk.a.v1', closed, z.strictObject({ at: z.date() }))).toThrow(
      'The reply of desk.a.v1 holds what JSON cannot',
    );
  });
});

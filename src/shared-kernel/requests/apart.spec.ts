import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { z } from 'zod';
import { freePort } from '#test/transports/ports';
import { waitUntil } from '#test/until';
import { defineQuery, type QueryType } from '../contract/query.js';
import { CHANNEL, Wire } from '../transports/wire/wire.js';
import { overWire } from './elsewhere.js';
import type { NoAnswer } from './no-answer.js';
import { Requests } from './requests.js';
import { desk, Greeting, politely } from './testing/office.js';
import { Building, type Place } from './testing/two-apps.js';

const PATIENCE = 20_000;
const hang = () => new Promise<never>(() => undefined);

const refusal = (asking: Promise<unknown>): Promise<NoAnswer> =>
  asking.then(
    (reply) => Promise.reject(new Error(`It was answered: ${JSON.stringify(reply)}`)),
    (error) => error,
  );

beforeAll(() => Logger.overrideLogger(false));

describe('two apps', () => {
  let building: Building;
  let back: Place | undefined;
  const fronts: Place[] = [];

  beforeAll(async () => {
    building = await Building.start();
  });
  beforeEach(async () => {
    back = await building.back();
  });
  afterEach(async () => {
    desk.greet = politely;
    for (const place of fronts.splice(0)) await place.close();
    await back?.close();
    back = undefined;
  });
  afterAll(() => building.close());

  const front = async (secret?: string) => {
    const place = await building.front(secret);
    fronts.push(place);
    return (within = PATIENCE) => place.hall.queries.ask(Greeting, { name: 'Ada' }, { within });
  };

  it('do not answer each other when their secrets differ', async () => {
    const greet = await front('known to one of the two apps, and to nobody else');
    expect(await refusal(greet())).toMatchObject({
      reason: 'unreachable',
      message: expect.stringContaining('secret'),
    });
  });

  it('go on without each other, and find each other again', async () => {
    const greet = await front();
    expect(await greet()).toMatchObject({ text: 'Good day, Ada.' });
    await back?.close();
    const began = performance.now();
    expect(await refusal(greet())).toMatchObject({ reason: 'unreachable' });
    expect(performance.now() - began).toBeLessThan(2_500);
    back = await building.back();
    await answeredAgain(greet);
  });

  it('answer what is under way before they part', async () => {
    const greet = await front();
    const begun = new Promise<void>((resolve) => {
      desk.greet = async (request) => {
        resolve();
        await sleep(300);
        return politely(request);
      };
    });
    const asking = greet();
    await begun;
    await Promise.all([back?.close(), expect(asking).resolves.toMatchObject({ text: 'Good day, Ada.' })]);
    back = undefined;
  });

  it('leave each other alone when one does not answer, until it does', async () => {
    const greet = await front();
    await greet();
    desk.greet = hang;
    for (let n = 0; n < 10; n++) expect(await refusal(greet(60))).toMatchObject({ reason: 'deadline' });
    // The asker hears of the last one a moment before it is counted; and now and then one goes to see.
    await waitUntil(async () => {
      const { reason, message } = await refusal(greet(60));
      return reason === 'unreachable' && message.includes('alone');
    }, PATIENCE);
    desk.greet = politely;
    await answeredAgain(greet);
  });

  it('do not take those who wait hardly at all for proof that the other is gone', async () => {
    const greet = await front();
    await greet();
    desk.greet = hang;
    for (let n = 0; n < 12; n++) expect(await refusal(greet(5))).toMatchObject({ reason: 'deadline' });
    desk.greet = politely;
    expect(await greet()).toMatchObject({ text: 'Good day, Ada.' });
  });

  it('refuse to wait for hundreds of answers at once', async () => {
    const greet = await front();
    const over = Promise.withResolvers<void>();
    desk.greet = (request) => over.promise.then(() => politely(request));
    const waiting = Promise.allSettled(Array.from({ length: 512 }, () => greet()));
    expect(await refusal(greet())).toMatchObject({
      reason: 'overloaded',
      message: 'Too many questions to back are waiting for an answer already.',
    });
    over.resolve();
    expect(new Set((await waiting).map(({ status }) => status))).toEqual(new Set(['fulfilled']));
  });

  const answeredAgain = async (greet: () => Promise<{ text: string }>) => {
    for (const end = Date.now() + PATIENCE; ; await sleep(20)) {
      const answer = await greet().catch((error) => error);
      if (answer.text !== undefined) return;
      if (Date.now() > end) throw answer;
    }
  };
});

describe('two versions of a contract', () => {
  const closing: (() => Promise<void>)[] = [];

  afterEach(async () => {
    for (const close of closing.splice(0).reverse()) await close();
  });

  /** Asks with the one version what is answered by the other. */
  const between = async (asked: QueryType, answered: QueryType, reply: unknown) => {
    const port = await freePort();
    const security = { secret: 'known to both apps and to nobody else' };
    const listen = { host: '127.0.0.1', port };
    const back = new Requests(undefined);
    const answers = [{ query: answered, answer: async () => reply }];
    back.join({ declaration: { name: 'desk', schema: 'desk', dependsOn: [] }, answers, asks: [] });
    const backWire = new Wire({ app: 'back', security, listen, peers: {} });
    backWire.answer(CHANNEL.query, (question, cancellation) => back.answer(question, cancellation));
    await backWire.listen();
    const frontWire = new Wire({ app: 'front', security, peers: { back: [listen] } });
    closing.push(
      () => frontWire.close(),
      () => backWire.close(),
    );
    const front = new Requests(overWire(frontWire, () => 'back'));
    return (request: object) => front.ask('hall', asked, request as never, PATIENCE);
  };
  const version = (request: z.ZodObject, reply: z.ZodObject, name = 'desk.greeting.v1') =>
    defineQuery(name, request, reply);
  const named = z.strictObject({ who: z.strictObject({ name: z.string() }) });
  const texts = z.strictObject({ lines: z.array(z.strictObject({ text: z.string() })) });
  const lines = [{ text: 'Good day.' }];

  it('understand each other where one has added what the other may do without', async () => {
    const wider = z.strictObject({ who: z.strictObject({ name: z.string(), title: z.string().optional() }) });
    const richer = z.strictObject({
      lines: z.array(z.strictObject({ text: z.string(), tone: z.string().optional() })),
    });
    const ask = await between(version(wider, texts), version(named, richer), { lines: [{ text: 'Hi', tone: 'warm' }] });
    expect(await ask({ who: { name: 'Ada', title: 'Lady' } })).toMatchObject({ lines: [{ text: 'Hi' }] });
  });

  it('have no answer where the request is not what the answerer needs', async () => {
    const stricter = z.strictObject({ who: z.strictObject({ name: z.string(), title: z.string() }) });
    const ask = await between(version(named, texts), version(stricter, texts), { lines });
    expect(await refusal(ask({ who: { name: 'Ada' } }))).toMatchObject({
      reason: 'broken-contract',
      message: expect.stringContaining('who.title'),
    });
  });

  it('have no answer where the reply is not what the asker needs', async () => {
    const richer = z.strictObject({ lines: z.array(z.strictObject({ text: z.string(), tone: z.string() })) });
    const ask = await between(version(named, richer), version(named, texts), { lines });
    expect(await refusal(ask({ who: { name: 'Ada' } }))).toMatchObject({
      reason: 'broken-contract',
      message: expect.stringContaining('lines.0.tone'),
    });
  });

  it('have no answer where the answerer does not know the query yet', async () => {
    const ask = await between(version(named, texts, 'desk.greeting.v2'), version(named, texts), { lines });
    expect(await refusal(ask({ who: { name: 'Ada' } }))).toMatchObject({
      reason: 'nobody-answers',
      message: 'Nobody here answers desk.greeting.v2.',
    });
  });
});

describe('an app that is asked', () => {
  const requests = new Requests(undefined);
  let reply: () => Promise<unknown> = hang;
  requests.join({
    declaration: { name: 'desk', schema: 'desk', dependsOn: [] },
    answers: [{ query: Greeting, answer: () => reply() }],
    asks: [],
  });
  const question = (within: number) =>
    JSON.stringify({ type: Greeting.name, source: 'hall', within, correlationid: 'c', data: { name: 'Ada' } });
  const answer = async (text: string) =>
    JSON.parse(await requests.answer(Buffer.from(text), new AbortController().signal));

  it('answers so many questions at once, and tells the others that they are too many', async () => {
    const hung = Array.from({ length: 512 }, () => answer(question(1_000)));
    expect(await answer(question(1_000))).toMatchObject({ noAnswer: { reason: 'overloaded' } });
    for (const each of await Promise.all(hung)) expect(each).toMatchObject({ noAnswer: { reason: 'deadline' } });
    reply = async () => ({ text: 'Hello' });
    expect(await answer(question(PATIENCE))).toEqual({ data: { text: 'Hello' } });
  });

  it.each(['', '{', 'null', '7', '{}', '{"type":"desk.greeting.v1"}', '{"type":7,"source":"a","within":1}'])(
    'answers %j, which is no question, and lives on',
    async (text) => {
      expect(await answer(text)).toMatchObject({ noAnswer: { reason: 'broken-contract' } });
    },
  );
});

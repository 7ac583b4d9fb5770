import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { waitUntil } from '#test/until';
import { DomainError } from '../contract/domain-error.js';
import { currentContext, runInContext } from '../telemetry/context.js';
import type { Asked } from './call.js';
import { NoAnswer } from './no-answer.js';
import { desk, Greeting, HANDLER_DEADLINE, LONG, politely, Riddle, TimeLeft } from './testing/office.js';
import { Building, type Place } from './testing/two-apps.js';

const PATIENCE = 20_000;

/** What is thrown instead of an answer. */
const refusal = (asking: Promise<unknown>): Promise<NoAnswer & DomainError> =>
  asking.then(
    (reply) => Promise.reject(new Error(`It was answered: ${JSON.stringify(reply)}`)),
    (error) => error,
  );

describe.each(['in one process', 'over the wire'])('a query %s', (way) => {
  let building: Building;
  let places: Place[];
  let front: Place;

  beforeAll(async () => {
    building = await Building.start();
    places = way === 'in one process' ? [await building.together()] : [await building.back(), await building.front()];
    front = places.at(-1) as Place;
  });
  afterAll(async () => {
    for (const place of places.reverse()) await place.close();
    await building.close();
  });
  afterEach(() => {
    desk.greet = politely;
  });

  const greet = (within = PATIENCE, signal?: AbortSignal) =>
    front.hall.queries.ask(Greeting, { name: 'Ada' }, { within, signal });

  it('is answered by its owner', async () => {
    expect(await greet()).toEqual({ text: 'Good day, Ada.' });
  });

  it('tells its answerer who asks, and until when', async () => {
    let told: Asked | undefined;
    desk.greet = (request, asked) => {
      told = { module: asked.module, deadline: asked.deadline, signal: asked.signal };
      return politely(request);
    };
    const asked = Date.now();
    await greet();
    expect(told?.module).toBe('hall');
    expect(told?.deadline.getTime()).toBeGreaterThan(asked + 1_000);
    expect(told?.deadline.getTime()).toBeLessThanOrEqual(Date.now() + PATIENCE);
    expect(told?.signal.aborted).toBe(false);
  });

  it('has no answer after its deadline, and its answerer is told to stop', async () => {
    const stopped = new Promise((resolve) => {
      desk.greet = (_request, { signal }) =>
        new Promise((_, reject) => {
          signal.addEventListener('abort', () => {
            resolve('stopped');
            reject(signal.reason);
          });
        });
    });
    const began = performance.now();
    // Enough to reach the answerer, whatever else the machine does.
    expect(await refusal(greet(500))).toMatchObject({ name: 'NoAnswer', reason: 'deadline' });
    expect(performance.now() - began).toBeLessThan(PATIENCE);
    expect(await stopped).toBe('stopped');
  });

  it('has none after its deadline though its answerer does not heed it', async () => {
    desk.greet = () => new Promise(() => undefined);
    expect(await refusal(greet(60))).toMatchObject({ reason: 'deadline' });
  });

  it('can be cancelled, and its answerer hears of it', async () => {
    let begun: () => void;
    const hasBegun = new Promise<void>((resolve) => {
      begun = resolve;
    });
    let isStopped = false;
    desk.greet = (_request, { signal }) => {
      begun();
      signal.addEventListener('abort', () => {
        isStopped = true;
      });
      return new Promise(() => undefined);
    };
    const asker = new AbortController();
    const asking = refusal(greet(LONG, asker.signal));
    await hasBegun;
    asker.abort(new Error('never mind'));
    expect(await asking).toMatchObject({ reason: 'cancelled', cause: { message: 'never mind' } });
    // Long before its deadline.
    await waitUntil(async () => isStopped, LONG / 2, 'the answerer has heard of it');
    expect(await refusal(greet(PATIENCE, asker.signal))).toMatchObject({ reason: 'cancelled' });
  });

  it('is refused in its owner’s own words', async () => {
    desk.greet = () => {
      const errors = [{ field: 'name', message: 'is not on the list' }];
      throw new DomainError('forbidden', 'not-invited', 'Ada is not invited.', { errors, retryAfterSeconds: 3 });
    };
    const refused = await refusal(greet());
    expect(refused).toBeInstanceOf(DomainError);
    expect(refused).toMatchObject({
      kind: 'forbidden',
      code: 'not-invited',
      message: 'Ada is not invited.',
      errors: [{ field: 'name', message: 'is not on the list' }],
      retryAfterSeconds: 3,
    });
  });

  it('tells nothing of how its answerer failed', async () => {
    desk.greet = async () => {
      throw Object.assign(new Error('Key (email)=(ada@example.org) exists'), { detail: 'ada@example.org' });
    };
    const failed = await refusal(greet());
    expect(failed).toMatchObject({ name: 'NoAnswer', reason: 'failed' });
    expect(`${failed.message} ${failed.stack} ${JSON.stringify(failed)} ${failed.cause}`).not.toContain('ada@');
  });

  it.each([
    ['with what its contract does not know', { name: 'Ada', nickname: 'A.' }],
    ['without what its contract demands', {}],
  ])('is not asked %s', async (_what, request) => {
    const asking = front.hall.queries.ask(Greeting, request as { name: string }, { within: PATIENCE });
    expect(await refusal(asking)).toMatchObject({ reason: 'broken-contract' });
  });

  it.each([
    ['more than its contract knows', { text: 'Hello', secret: 'x' }],
    ['less than its contract demands', {}],
    ['nothing', undefined],
  ])('is not answered with %s', async (_what, reply) => {
    desk.greet = () => reply;
    expect(await refusal(greet())).toMatchObject({ reason: 'broken-contract' });
  });

  it('hands over copies, so that neither end can change what the other holds', async () => {
    const request = { name: 'Ada' };
    const reply = { text: 'Hello' };
    desk.greet = (given) => {
      given.name = 'Eve';
      return reply;
    };
    const answer = await front.hall.queries.ask(Greeting, request, { within: PATIENCE });
    answer.text = 'Goodbye';
    expect([request.name, reply.text]).toEqual(['Ada', 'Hello']);
  });

  it('must name a deadline, and be one that its module says it asks', async () => {
    for (const within of [0, -1, Number.NaN, Number.POSITIVE_INFINITY, undefined])
      expect((await refusal(greet((within as number | undefined) ?? Number.NaN))).message).toContain('name a deadline');
    const riddle = front.hall.queries.ask(Riddle, {}, { within: PATIENCE });
    expect((await refusal(riddle)).message).toContain('add it to "asks"');
  });

  it('belongs to the same trace and correlation at both ends', async () => {
    let there: ReturnType<typeof currentContext>;
    desk.greet = (request) => {
      there = currentContext();
      return politely(request);
    };
    const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
    const here = { module: 'hall', correlationId: 'c-1', causationId: 'm-1', traceparent, tracestate: 'a=b' };
    await runInContext(here, () => greet());
    expect(there).toMatchObject({ module: 'desk', correlationId: 'c-1', causationId: 'm-1', tracestate: 'a=b' });
    expect(there?.traceparent).toMatch(/^00-4bf92f3577b34da6a3ce929d0e0e4736-(?!00f067aa0ba902b7)[0-9a-f]{16}-01$/);
  });

  describe('asked while', () => {
    const mostLeft = (left: { desk: number; attic: number } | undefined, most: number) => {
      expect(left?.desk).toBeGreaterThan(0);
      expect(left?.desk).toBeLessThanOrEqual(most);
      // Asked with far more time by the desk, and given what the desk has left.
      expect(left?.attic).toBeLessThanOrEqual((left?.desk ?? 0) + 2);
    };

    it('another one is answered has no more time than that one', async () => {
      mostLeft(await front.hall.queries.ask(TimeLeft, { within: LONG }, { within: PATIENCE }), PATIENCE);
    });

    it('a message is handled has no more time than the handler', async () => {
      await front.hall.ring('b');
      await waitUntil(async () => front.hall.whenItRang.length > 0, PATIENCE, 'the bell was heard');
      mostLeft(front.hall.whenItRang[0], HANDLER_DEADLINE);
    });

    it('a request is answered has no more time than the request', async () => {
      const answer = await fetch(`${front.url}/hall/time-left`);
      mostLeft((await answer.json()) as never, 30_000);
    });

    it('nobody waits any more is not asked at all', async () => {
      let asked = 0;
      desk.greet = () => {
        asked++;
      };
      const late = { correlationId: 'c', deadline: performance.now() - 1 };
      expect(await refusal(runInContext(late, () => greet()))).toMatchObject({ reason: 'deadline' });
      await sleep(20);
      expect(asked).toBe(0);
    });
  });
});

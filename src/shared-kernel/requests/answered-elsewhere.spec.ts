import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { freePort } from '#test/transports/ports';
import { waitUntil } from '#test/until';
import { CHANNEL, Wire } from '../transports/wire/wire.js';
import { UNANSWERED } from './answered-elsewhere.js';
import { overWire } from './elsewhere.js';
import { Requests } from './requests.js';
import { Greeting, TimeLeft } from './testing/office.js';

const PATIENCE = 20_000;
const SECURITY = { secret: 'known to both apps and to nobody else' };

describe('an app that asks another one', () => {
  const closing: (() => Promise<void>)[] = [];
  const warn = jest.spyOn(Logger.prototype, 'warn');
  const warnings = (about = 'answers it') =>
    warn.mock.calls.map(([said]) => String(said)).filter((said) => said.includes(about));

  beforeEach(() => {
    warn.mockReset();
  });
  afterEach(async () => {
    for (const close of closing.splice(0).reverse()) await close();
  });

  function asking(port: number): Requests {
    const wire = new Wire({ app: 'front', security: SECURITY, peers: { back: [{ host: '127.0.0.1', port }] } });
    closing.push(() => wire.close());
    const requests = new Requests(overWire(wire, () => 'back'));
    const declaration = { name: 'hall', schema: 'hall', dependsOn: ['desk'] };
    requests.join({ declaration, answers: [], asks: [Greeting, TimeLeft] });
    return requests;
  }

  /** @returns how often it was asked what it does not answer */
  async function answering(port: number, ...queries: (typeof Greeting | typeof TimeLeft)[]): Promise<() => number> {
    const requests = new Requests(undefined);
    const answers = queries.map((query) => ({ query, answer: async () => ({ text: 'Good day.' }) }));
    requests.join({ declaration: { name: 'desk', schema: 'desk', dependsOn: [] }, answers, asks: [] });
    const wire = new Wire({ app: 'back', security: SECURITY, listen: { host: '127.0.0.1', port }, peers: {} });
    let looks = 0;
    wire.answer(CHANNEL.query, (question, cancellation) => {
      if (question.includes(UNANSWERED)) looks++;
      return requests.answer(question, cancellation);
    });
    await wire.listen();
    closing.push(() => wire.close());
    return () => looks;
  }

  it('says of what it asks in vain, once it can know, and asks the rest', async () => {
    const port = await freePort();
    const front = asking(port);
    front.mustBeWhole();
    front.mustBeWhole();
    const looks = await answering(port, Greeting);
    await waitUntil(async () => warnings().length > 0, PATIENCE);
    expect(warnings()).toEqual([
      'hall asks desk.time-left.v1, and nobody in the app back answers it: start a version of desk there that does, or give both apps the same topology. Until then hall is without an answer.',
    ]);
    expect(looks()).toBe(1);
    expect(await front.ask('hall', Greeting, { name: 'Ada' }, PATIENCE)).toMatchObject({ text: 'Good day.' });
  });

  it('says once of what is answered there no more, however often it asks, and that it is answered again', async () => {
    const log = jest.spyOn(Logger.prototype, 'log').mockImplementation(() => undefined);
    const port = await freePort();
    const front = asking(port);
    const ask = () => front.ask('hall', Greeting, { name: 'Ada' }, PATIENCE).catch(({ reason }) => reason);
    /** The app as it is started with another topology each time. */
    const movedAway = async (...queries: (typeof Greeting)[]) => {
      await closing.splice(1).pop()?.();
      await answering(port, ...queries);
    };
    await answering(port, Greeting);
    await ask();
    await movedAway();
    await waitUntil(async () => (await ask()) === 'nobody-answers', PATIENCE);
    for (let n = 0; n < 3; n++) expect(await ask()).toBe('nobody-answers');
    expect(warnings('desk.greeting.v1')).toEqual([
      'desk.greeting.v1 is asked of the app back, where nobody answers it: start a version of desk there that does, or give both apps the same topology.',
    ]);
    await movedAway(Greeting);
    await waitUntil(async () => (await ask()).text !== undefined, PATIENCE);
    expect(log.mock.calls.map(([said]) => said)).toContain('desk.greeting.v1 is answered again.');
  });

  it('says for whom it waits, once, and looks when that one has come', async () => {
    const port = await freePort();
    asking(port).mustBeWhole();
    await waitUntil(async () => warnings('no answer').length > 0, PATIENCE);
    expect(warnings('no answer')).toEqual([
      expect.stringMatching(
        /^What is asked of back has no answer \(desk\.greeting\.v1, desk\.time-left\.v1\), .* cannot be reached at 127/,
      ),
    ]);
    const looks = await answering(port, Greeting, TimeLeft);
    await waitUntil(async () => looks() === 1, PATIENCE);
    expect(warnings('no answer')).toHaveLength(1);
  });

  it('says nothing where all is answered', async () => {
    const port = await freePort();
    const looks = await answering(port, Greeting, TimeLeft);
    const front = asking(port);
    front.mustBeWhole();
    await waitUntil(async () => looks() === 1, PATIENCE);
    // It is answered on the same connection, after what was asked before.
    await front.ask('hall', Greeting, { name: 'Ada' }, PATIENCE);
    expect(warnings()).toEqual([]);
  });
});

import { Writable } from 'node:stream';
import { describe, expect, it } from '@jest/globals';
import { pino } from 'pino';
import { runInContext } from './context.js';
import { logOptions } from './logging.js';

const TRACEPARENT = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';

/** What is written, line by line, parsed. */
function logger() {
  const lines: Record<string, unknown>[] = [];
  const stream = new Writable({
    write(chunk, _encoding, done) {
      lines.push(JSON.parse(chunk));
      done();
    },
  });
  return { lines, log: pino(logOptions('info'), stream) };
}

describe('a log line', () => {
  it('names module, correlation id and trace of the work it belongs to', () => {
    const { lines, log } = logger();
    runInContext({ module: 'lamps', correlationId: 'c1', traceparent: TRACEPARENT }, () => log.info('lit'));
    const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';
    expect(lines).toMatchObject([{ msg: 'lit', module: 'lamps', correlationId: 'c1', traceId }]);
  });

  it('is named by its logger outside any work', () => {
    const { lines, log } = logger();
    log.info({ context: 'Relay' }, 'begun');
    expect(lines).toMatchObject([{ msg: 'begun', module: 'Relay' }]);
  });

  it('tells of an error what happened and where, not the rows and parameters a driver hangs on it', () => {
    const { lines, log } = logger();
    const cause = Object.assign(new Error('duplicate key'), { code: '23505', detail: 'Key (email)=(a@b.c)' });
    log.error({ err: new Error('insert failed', { cause }) });
    expect(lines).toMatchObject([
      { err: { type: 'Error', message: 'insert failed', stack: expect.any(String), cause: { code: '23505' } } },
    ]);
    expect(JSON.stringify(lines)).not.toContain('a@b.c');
  });
});

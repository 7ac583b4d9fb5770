import { describe, expect, it } from '@jest/globals';
import { childTraceparent, currentContext, parseTraceparent, runInContext } from './context.js';

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const SPAN = '00f067aa0ba902b7';

describe('the telemetry context', () => {
  it('is there inside, through awaits, and not outside', async () => {
    const seen = await runInContext({ correlationId: 'c1' }, async () => {
      await new Promise((resolve) => setTimeout(resolve, 1));
      return currentContext()?.correlationId;
    });
    expect(seen).toBe('c1');
    expect(currentContext()).toBeUndefined();
  });
});

describe('a traceparent', () => {
  it('is read as the specification writes it', () => {
    expect(parseTraceparent(`00-${TRACE}-${SPAN}-01`)).toEqual({ traceId: TRACE, spanId: SPAN, flags: '01' });
  });

  it('of a later version is read by its first four parts', () => {
    expect(parseTraceparent(`01-${TRACE}-${SPAN}-00-more`)).toEqual({ traceId: TRACE, spanId: SPAN, flags: '00' });
  });

  it.each([
    ['absent', undefined],
    ['empty', ''],
    ['of the forbidden version', `ff-${TRACE}-${SPAN}-01`],
    ['of version 0 with a fifth part', `00-${TRACE}-${SPAN}-01-more`],
    ['all zeros as trace', `00-${'0'.repeat(32)}-${SPAN}-01`],
    ['all zeros as span', `00-${TRACE}-${'0'.repeat(16)}-01`],
    ['upper case', `00-${TRACE.toUpperCase()}-${SPAN}-01`],
    ['short', `00-${TRACE}-${SPAN}`],
  ])('that is %s is ignored', (_what, header) => {
    expect(parseTraceparent(header)).toBeUndefined();
  });

  it('has children in the same trace, each a span of its own', () => {
    const parent = `00-${TRACE}-${SPAN}-00`;
    const [one, two] = [parseTraceparent(childTraceparent(parent)), parseTraceparent(childTraceparent(parent))];
    expect(one).toMatchObject({ traceId: TRACE, flags: '00' });
    expect(new Set([SPAN, one?.spanId, two?.spanId]).size).toBe(3);
  });

  it('begins a new trace where there is none to go on with', () => {
    const [one, two] = [parseTraceparent(childTraceparent('nonsense')), parseTraceparent(childTraceparent(undefined))];
    expect(one?.traceId).toMatch(/^[0-9a-f]{32}$/);
    expect(one?.traceId).not.toBe(two?.traceId);
  });
});

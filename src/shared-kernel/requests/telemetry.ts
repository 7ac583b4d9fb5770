import { v7 as uuidv7 } from 'uuid';
import { childTraceparent, type TelemetryContext } from '../telemetry/context.js';
import type { Question } from './letters.js';

/** The ids of what caused a question, under the names that they have on the way; see {@link Envelope}. */
type Origin = Pick<Question, 'correlationid' | 'causationid' | 'traceparent' | 'tracestate'>;

export function originOf(asker: TelemetryContext | undefined): Origin {
  return {
    correlationid: asker?.correlationId ?? uuidv7(),
    causationid: asker?.causationId,
    traceparent: asker?.traceparent,
    tracestate: asker?.tracestate,
  };
}

export function originIn({ correlationid, causationid, traceparent, tracestate }: Origin): TelemetryContext {
  return { correlationId: correlationid, causationId: causationid, traceparent, tracestate };
}

/**
 * What answering is part of: what the asker does, in a span of its own, and with no more time. The span is named when
 * somebody wants to know, as few answers have anything to say of it.
 */
export class AnsweringContext implements TelemetryContext {
  private span: string | undefined;
  private correlation: string | undefined;

  constructor(
    public module: string,
    private readonly asker: TelemetryContext | undefined,
    readonly deadline: number,
  ) {}

  get correlationId(): string {
    this.correlation ??= this.asker?.correlationId ?? uuidv7();
    return this.correlation;
  }

  get traceparent(): string {
    this.span ??= childTraceparent(this.asker?.traceparent);
    return this.span;
  }

  get causationId(): string | undefined {
    return this.asker?.causationId;
  }

  get tracestate(): string | undefined {
    return this.asker?.tracestate;
  }
}

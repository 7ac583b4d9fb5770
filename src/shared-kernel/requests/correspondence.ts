import { Logger } from '@nestjs/common';
import { isBrokenCircuitError, isBulkheadRejectedError } from 'cockatiel';
import type { QueryType } from '../contract/query.js';
import { Outage } from '../messaging/outage.js';
import { Seam } from '../resilience/seam.js';
import type { TelemetryContext } from '../telemetry/context.js';
import { Unreachable } from '../transports/wire/wire-client.js';
import { CallFailed } from '../transports/wire/wire-connection.js';
import type { Call } from './call.js';
import type { Elsewhere } from './elsewhere.js';
import { held } from './held.js';
import { readReply, writeQuestion } from './letters.js';
import { NoAnswer } from './no-answer.js';
import { originOf } from './telemetry.js';

/** Whoever waits for less, and in vain, says more about itself than about the app it asks. In milliseconds. */
const FAIR_WAIT = 50;

/** Questions to other apps, each app behind a seam of its own. */
export class Correspondence {
  private readonly log = new Logger('requests');
  private readonly seams = new Map<string, Seam>();
  /** By query, of those that nobody answered once. What else is in vain is for the seam to tell. */
  private readonly unanswered = new Map<string, Outage>();

  constructor(private readonly elsewhere: Elsewhere) {}

  /** @throws DomainError, NoAnswer. */
  async ask(query: QueryType, data: unknown, call: Call, asker: TelemetryContext | undefined): Promise<unknown> {
    const app = this.elsewhere.appOf(query.owner);
    const origin = originOf(asker);
    const send = async () => {
      // It may have been given up between two tries.
      call.mustBeWanted();
      const question = { type: query.name, source: call.module, within: Math.max(call.left, 1), ...origin, data };
      try {
        return readReply(await this.elsewhere.ask(app, writeQuestion(question), call.cancellation));
      } catch (error) {
        throw whyInVain(error, call);
      }
    };
    const reply = await this.seamTo(app)
      .execute(send)
      .catch((error) => {
        const why = atTheSeam(error, app);
        if (why.reason === 'nobody-answers') this.tell(query, app);
        throw why;
      });
    this.unanswered.get(query.name)?.isOver();
    if ('refused' in reply) throw reply.refused;
    return held(query.reading.reply, reply.data, () => `${query.owner} answered ${query.name} with`);
  }

  /** An asker that goes on without an answer would tell nobody that it does so for ever. */
  private tell({ name, owner }: QueryType, app: string): void {
    const outage = this.unanswered.get(name) ?? new Outage(`${name} is answered again.`, this.log);
    this.unanswered.set(name, outage);
    outage.lasts(
      `${name} is asked of the app ${app}, where nobody answers it: start a version of ${owner} there that does, or give both apps the same topology.`,
    );
  }

  private seamTo(app: string): Seam {
    const known = this.seams.get(app) ?? new Seam(app, { isOutage, isHarmless });
    this.seams.set(app, known);
    return known;
  }
}

/** It was in vain, but there was hardly time for an answer. */
class HardlyWaited extends Error {
  constructor(readonly outcome: NoAnswer) {
    super(outcome.message);
  }
}

function whyInVain(error: unknown, { query, milliseconds }: Call): NoAnswer | HardlyWaited {
  if (error instanceof NoAnswer)
    return error.reason === 'deadline' && milliseconds < FAIR_WAIT ? new HardlyWaited(error) : error;
  const reason = error instanceof CallFailed ? 'failed' : 'unreachable';
  return new NoAnswer(reason, `${query} was not answered: ${(error as Error).message}`, { cause: error });
}

/** Not what it answers, however badly: only that it cannot be had. */
function isOutage(error: unknown): boolean {
  return error instanceof NoAnswer && (error.reason === 'unreachable' || error.reason === 'deadline');
}

function isHarmless(error: unknown): boolean {
  return error instanceof NoAnswer && error.cause instanceof Unreachable;
}

function atTheSeam(error: unknown, app: string): NoAnswer {
  if (error instanceof NoAnswer) return error;
  if (error instanceof HardlyWaited) return error.outcome;
  if (isBulkheadRejectedError(error))
    return new NoAnswer('overloaded', `Too many questions to ${app} are waiting for an answer already.`);
  if (isBrokenCircuitError(error))
    return new NoAnswer('unreachable', `${app} has not answered lately and is left alone for a while.`);
  return new NoAnswer('failed', `${app} could not be asked: ${(error as Error).message}`, { cause: error });
}

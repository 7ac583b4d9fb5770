import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { Logger } from '@nestjs/common';
import { z } from 'zod';
import type { QueryType } from '../contract/query.js';
import { fullJitter } from '../messaging/backoff.js';
import { Unreachable } from '../transports/wire/wire-client.js';
import type { Elsewhere } from './elsewhere.js';
import { readReply, writeQuestion } from './letters.js';

/** What every app answers itself, whichever modules live in it: which of these queries nobody there answers. */
export const UNANSWERED = 'seamline.unanswered.v1';

/** Between attempts to reach an app that is not there yet, at most. In milliseconds. */
const LONGEST_WAIT = 5_000;
/** Apps that start together need not be told of; after so many attempts, some six seconds, it is said who is waited for. */
const ATTEMPTS_IN_SILENCE = 7;
const log = new Logger('requests');
const Names = z.array(z.string());

/** A query, and the module here that asks it of another app. */
export interface AskedElsewhere {
  readonly query: QueryType;
  readonly by: string;
}

/**
 * Looks once into every app that is asked something, as soon as it can be reached: with another version or another
 * topology there, each question would be in vain, and an asker who goes on without an answer would tell nobody. Nor would
 * it of an app that is not there at all.
 */
export function lookForAnswers(asked: readonly AskedElsewhere[], elsewhere: Elsewhere): void {
  const byApp = Map.groupBy(asked, ({ query }) => elsewhere.appOf(query.owner));
  for (const [app, questions] of byApp) void lookInto(app, questions, elsewhere);
}

/** The names among `asked` that nobody here answers; undefined for what is no list of names. */
export function unansweredAmong(asked: unknown, answerers: ReadonlyMap<string, unknown>): string[] | undefined {
  return Names.safeParse(asked).data?.filter((name) => !answerers.has(name));
}

async function lookInto(app: string, asked: readonly AskedElsewhere[], elsewhere: Elsewhere): Promise<void> {
  const names = [...new Set(asked.map(({ query }) => query.name))];
  for (let failures = 0; ; ) {
    try {
      const unanswered = await unansweredIn(app, names, elsewhere);
      if (failures >= ATTEMPTS_IN_SILENCE) log.log(`${app} can be reached.`);
      for (const { query, by } of asked) if (unanswered.includes(query.name)) warn(app, query, by);
      return;
    } catch (error) {
      // Whatever else went wrong: it is about to end, or so is this app, or it is of a version that knows no such question.
      if (!(error instanceof Unreachable)) return;
      if (++failures === ATTEMPTS_IN_SILENCE)
        log.warn(
          `What is asked of ${app} has no answer (${names.join(', ')}), and it is tried again: ${error.message}`,
        );
      await sleep(fullJitter(failures, 250, LONGEST_WAIT), undefined, { ref: false });
    }
  }
}

async function unansweredIn(app: string, names: readonly string[], elsewhere: Elsewhere): Promise<string[]> {
  const question = {
    type: UNANSWERED,
    source: 'seamline',
    within: LONGEST_WAIT,
    correlationid: randomUUID(),
    data: names,
  };
  const reply = readReply(await elsewhere.ask(app, writeQuestion(question), new AbortController().signal));
  return 'data' in reply ? (Names.safeParse(reply.data).data ?? []) : [];
}

function warn(app: string, { name, owner }: QueryType, by: string): void {
  log.warn(
    `${by} asks ${name}, and nobody in the app ${app} answers it: start a version of ${owner} there that does, or give both apps the same topology. Until then ${by} is without an answer.`,
  );
}

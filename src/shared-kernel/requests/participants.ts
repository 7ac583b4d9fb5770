import type { QueryType } from '../contract/query.js';
import type { ModuleDeclaration } from '../topology/declaration.js';
import type { Answerer } from './answers.js';
import type { Elsewhere } from './elsewhere.js';

/** A module of this process: what it answers and asks, by its own declaration. */
export interface Participant {
  readonly declaration: ModuleDeclaration;
  readonly answers: readonly Answerer[];
  readonly asks: readonly QueryType[];
}

/** @param answerers those of the modules that came before */
export function whyItMayNotTakePart(
  { declaration: { name, dependsOn }, answers, asks }: Participant,
  answerers: ReadonlyMap<string, Answerer>,
): string[] {
  const own = answers.map(({ query }) => query.name);
  return [
    ...answers
      .filter(({ query }) => query.owner !== name)
      .map(({ query }) => `It answers ${query.name}, but only "${query.owner}" may: a query is answered by its owner.`),
    ...own
      .filter((query, at) => own.indexOf(query) !== at || answerers.has(query))
      .map((query) => `It answers ${query} twice: leave one @Answers(…) of the two.`),
    ...asks
      .filter(({ owner }) => owner !== name && !dependsOn.includes(owner))
      .map((query) => `It asks ${query.name}; add "${query.owner}" to dependsOn in its module.json.`),
  ];
}

export function questionsWithoutAnswer(
  participants: readonly Participant[],
  answerers: ReadonlyMap<string, Answerer>,
  elsewhere: Elsewhere | undefined,
): string[] {
  const here = new Set(participants.map(({ declaration }) => declaration.name));
  return participants.flatMap(({ declaration: { name }, asks }) =>
    asks
      .filter((query) => !answerers.has(query.name))
      .flatMap((query) => {
        const asked = `${name} asks ${query.name}, but`;
        if (here.has(query.owner))
          return [`${asked} ${query.owner} does not answer it: give a method @Answers(…) and its class to "answers".`];
        if (!elsewhere) return [`${asked} ${query.owner} lives neither in this app nor in any other.`];
        return whyNotElsewhere(query.owner, elsewhere).map((why) => `${asked} ${why}`);
      }),
  );
}

function whyNotElsewhere(owner: string, elsewhere: Elsewhere): string[] {
  try {
    elsewhere.appOf(owner);
    return [];
  } catch (error) {
    return [(error as Error).message];
  }
}

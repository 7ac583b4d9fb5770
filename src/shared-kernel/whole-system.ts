import { BootRefusal } from './boot-refusal.js';
import { type BoundedContextOptions, subscribedBy } from './bounded-context.js';
import { type Declared, declaredSoFar } from './contract/declared.js';
import { answeredBy } from './requests/answers.js';

/**
 * Holds what the loaded contracts declare against what the modules of all apps take. An app loads every contract that it
 * could send, so nothing goes out to a module that would leave it lying.
 * @throws BootRefusal for commands and queries of these modules that nobody takes, or two do; lists every one of them
 */
export function mustBeWhole(contexts: readonly BoundedContextOptions[]): void {
  const problems = contexts.flatMap((context) => {
    const { name } = context.declaration;
    const taken = [
      ...subscribedBy(context).map(({ type }) => type.name),
      ...(context.answers ?? []).flatMap(answeredBy).map((query) => query.name),
    ];
    const own = declaredSoFar().filter(({ owner, kind }) => owner === name && kind !== 'event');
    return own.flatMap((message) => problemWith(message, taken.filter((each) => each === message.name).length));
  });
  if (problems.length > 0) throw new BootRefusal('The modules do not make a whole system:', problems);
}

function problemWith({ kind, name, owner }: Declared, takers: number): string[] {
  const [verb, decorator, list] =
    kind === 'command' ? ['handles', '@Handle', 'subscribers'] : ['answers', '@Answers', 'answers'];
  if (takers === 1) return [];
  if (takers > 1) return [`Module "${owner}" ${verb} ${name} twice: leave one ${decorator}(…) of the two.`];
  return [
    `Nothing in module "${owner}" ${verb} ${name}: give a method ${decorator}(…) and its class to "${list}", or delete the contract.`,
  ];
}

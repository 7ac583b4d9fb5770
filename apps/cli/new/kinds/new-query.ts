import type { Plan } from '../plan.js';
import type { Repository } from '../repository.js';
import { queryContract } from '../templates/messages.js';
import { answeringMethod } from '../templates/subscriber.js';
import { answerSpec, queryUseCase } from '../templates/use-cases.js';
import { homeOfUseCases, mustBeNewMessage, mustBeNewUseCase, readPlaced } from './home.js';
import { useCaseOf } from './new-command.js';
import { withReception } from './subscriber.js';

export interface NewQuery {
  /** `orders.status-of-order`. */
  readonly name: string;
  /** What its use case is called; the contract has the query's own name. */
  readonly useCase?: string | undefined;
}

/** The contract of a query, the use case that finds the answer, and the method that gives it. */
export function planQuery(repository: Repository, { name: given, useCase: wanted }: NewQuery): Plan {
  const placed = readPlaced(repository, given, 'query');
  mustBeNewMessage(repository, placed, 'query');
  const { module, name } = placed;
  const useCase = useCaseOf(`answer-${name.kebab}`, name, wanted);
  mustBeNewUseCase(repository, { module, name: useCase });
  const { folder, up } = homeOfUseCases(repository, module);
  const message = `${module.kebab}.${name.kebab}.v1`;
  const contract = `src/modules/${module.kebab}/contract/${name.kebab}.ts`;
  const reception = withReception(repository, {
    module,
    useCase,
    list: 'answers',
    bus: { type: 'QueryBus', name: 'queries' },
    imports: [
      { name: 'ReplyOf', from: '#kernel/contract/query', type: true },
      { name: 'RequestOf', from: '#kernel/contract/query', type: true },
      { name: 'Answers', from: '#kernel/requests/answers' },
      { name: name.pascal, from: `./contract/${name.kebab}.js` },
      { name: useCase.pascal, from: `${up === '.' ? '.' : './use-cases'}/${useCase.kebab}.js` },
    ],
    names: [name.camel, `answer${name.pascal}`],
    method: (method, queries) => answeringMethod(method, name, useCase, queries),
  });
  return {
    created: {
      ...reception.created,
      [contract]: queryContract(message, name),
      [`${folder}/${useCase.kebab}.ts`]: queryUseCase(useCase),
      [`${folder}/${useCase.kebab}.spec.ts`]: answerSpec(name, { module, useCase, up }),
    },
    changed: reception.changed,
    messages: [message],
    next: [
      `Say in ${contract} what is asked, and what is answered.`,
      `Write in ${folder}/${useCase.kebab}.ts where the answer comes from.`,
      `Who asks it lists ${name.pascal} among its "asks", and calls queries.ask(${name.pascal}, { … }, { within }).`,
    ],
  };
}

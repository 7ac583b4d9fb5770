import { UserError } from '../../user-error.js';
import { type Name, readClassName } from '../name.js';
import type { Plan } from '../plan.js';
import type { Repository } from '../repository.js';
import { messageContract } from '../templates/messages.js';
import { handlingMethod } from '../templates/subscriber.js';
import { commandUseCase, useCaseSpec } from '../templates/use-cases.js';
import { homeOfUseCases, mustBeNewMessage, mustBeNewUseCase, readPlaced } from './home.js';
import { readKey } from './key.js';
import type { NewMessage } from './new-event.js';
import { withReception } from './subscriber.js';

export interface NewCommand extends NewMessage {
  /** What its use case is called; the contract has the command's own name. */
  readonly useCase?: string | undefined;
}

/** The contract of a command, the use case that carries it out, and the method that takes it. */
export function planCommand(repository: Repository, { name: given, key: givenKey, useCase: wanted }: NewCommand): Plan {
  const placed = readPlaced(repository, given, 'command');
  mustBeNewMessage(repository, placed, 'command');
  const { module, name } = placed;
  const key = readKey(givenKey);
  const useCase = useCaseOf(`carry-out-${name.kebab}`, name, wanted);
  mustBeNewUseCase(repository, { module, name: useCase });
  const { folder, up } = homeOfUseCases(repository, module);
  const message = `${module.kebab}.${name.kebab}.v1`;
  const contract = `src/modules/${module.kebab}/contract/${name.kebab}.ts`;
  const reception = withReception(repository, {
    module,
    useCase,
    list: 'subscribers',
    bus: { type: 'CommandBus', name: 'commands' },
    imports: [
      { name: 'Handle', from: '#kernel/messaging/subscriptions' },
      { name: 'Message', from: '#kernel/messaging/subscriptions', type: true },
      { name: name.pascal, from: `./contract/${name.kebab}.js` },
      { name: useCase.pascal, from: `${up === '.' ? '.' : './use-cases'}/${useCase.kebab}.js` },
    ],
    names: [name.camel, `handle${name.pascal}`],
    method: (method, commands) => handlingMethod(method, name, useCase, commands, key),
  });
  return {
    created: {
      ...reception.created,
      [contract]: messageContract('command', message, name, key),
      [`${folder}/${useCase.kebab}.ts`]: commandUseCase(useCase, key),
      [`${folder}/${useCase.kebab}.spec.ts`]: useCaseSpec('command', { module, useCase, up }),
    },
    changed: reception.changed,
    messages: [message],
    next: [
      `Say in ${contract} what it means, and what it holds.`,
      `Write in ${folder}/${useCase.kebab}.ts what it does, and publish the event that answers it.`,
    ],
  };
}

/** @throws UserError when the use case would have the name of its contract: the subscriber imports both */
export function useCaseOf(usual: string, contract: Name, wanted = usual): Name {
  if (wanted === contract.kebab)
    throw new UserError(
      `The use case cannot be called "${wanted}", since that is the name of the contract, and the subscriber imports both.`,
      `Try "${usual}".`,
    );
  return readClassName(wanted, 'use case');
}

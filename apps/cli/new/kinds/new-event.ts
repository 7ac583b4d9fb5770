import type { Plan } from '../plan.js';
import type { Repository } from '../repository.js';
import { messageContract } from '../templates/messages.js';
import { mustBeNewMessage, readPlaced } from './home.js';
import { readKey } from './key.js';

export interface NewMessage {
  /** `orders.order-delayed`. */
  readonly name: string;
  /** The property that orders it. */
  readonly key: string;
}

/** The contract of a new event. */
export function planEvent(repository: Repository, { name: given, key }: NewMessage): Plan {
  const placed = readPlaced(repository, given, 'event');
  mustBeNewMessage(repository, placed, 'event');
  const { module, name } = placed;
  const message = `${module.kebab}.${name.kebab}.v1`;
  const path = `src/modules/${module.kebab}/contract/${name.kebab}.ts`;
  return {
    created: { [path]: messageContract('event', message, name, readKey(key)) },
    changed: [],
    messages: [message],
    next: [
      `Say in ${path} what it means, and what it holds.`,
      `Publish it in the transaction of a use case: tx.publish(${name.pascal}, { … }, version).`,
    ],
  };
}

import { UserError } from '../../user-error.js';

/** The property that orders a message. @throws UserError for what is no plain name of a property */
export function readKey(given: string): string {
  if (/^[a-z][a-zA-Z0-9]{0,39}$/.test(given)) return given;
  throw new UserError(`"${given}" cannot be the key of a message.`, 'Name a property such as "orderId".');
}

import { UserError } from '../../user-error.js';
import type { Change } from '../plan.js';
import { changeOf, type Repository } from '../repository.js';
import { UnexpectedShape } from '../source/parsed.js';

/** A change of a file by what it is made of. @throws UserError when it has not the shape that the change needs */
export function sourceChange(repository: Repository, path: string, edit: (text: string) => string): Change {
  try {
    return changeOf(repository, path, edit);
  } catch (error) {
    if (!(error instanceof UnexpectedShape)) throw error;
    throw new UserError(
      `${path} has not ${error.missing}, so nobody but you can say where the new line goes.`,
      'Nothing was written. Write it as the neighbours have it, and do it again.',
    );
  }
}

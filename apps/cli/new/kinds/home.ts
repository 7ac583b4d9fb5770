import { UserError } from '../../user-error.js';
import { freeName, kebabOf, type Name, nameOf, readClassName } from '../name.js';
import { mustHaveModule, type Repository } from '../repository.js';
import { messagesOf } from '../source/declared.js';

/** `orders.cancel-order`: something new, and the module that it is to be in. */
export interface Placed {
  readonly module: Name;
  readonly name: Name;
}

/** @throws UserError for anything but MODULE.NAME of a module that there is */
export function readPlaced(repository: Repository, given: string, what: string): Placed {
  const [module = '', name, version, ...more] = given.split('.');
  if (name === undefined || more.length > 0)
    throw new UserError(
      `"${given}" does not say in which module.`,
      `Write MODULE.NAME, such as "${exampleFor(repository, given)}".`,
    );
  if (version !== undefined && version !== 'v1')
    throw new UserError(
      `"${given}" asks for a version, but what is new begins with v1.`,
      'For a next version copy the contract of the one before; "npx seamline help contract" tells how both are kept.',
    );
  mustHaveModule(repository, module);
  return { module: nameOf(module), name: readClassName(name, what) };
}

function exampleFor({ modules }: Repository, given: string): string {
  return modules.includes(given) ? `${given}.NAME` : `${modules[0] ?? 'orders'}.${kebabOf(given) ?? 'NAME'}`;
}

/** Where a module's use cases are, below the root: in a folder of their own, or beside all else in a flat module. */
export function homeOfUseCases(repository: Repository, { kebab }: Name): { folder: string; up: '.' | '..' } {
  const module = `src/modules/${kebab}`;
  const isFlat =
    !repository.has(`${module}/use-cases`) &&
    repository
      .filesIn(module)
      .filter((file) => file.endsWith('.ts'))
      .some((file) => /@(?:Command|Query)Handler\(/.test(repository.read(`${module}/${file}`)));
  return isFlat ? { folder: module, up: '.' } : { folder: `${module}/use-cases`, up: '..' };
}

/** @throws UserError with a name that is free, when the module has such a message or such a file of a contract */
export function mustBeNewMessage(repository: Repository, { module, name }: Placed, what: string): void {
  const known = messagesOf(repository, module.kebab);
  const isTaken = (kebab: string) =>
    known.some((message) => message.startsWith(`${module.kebab}.${kebab}.v`)) ||
    repository.has(`src/modules/${module.kebab}/contract/${kebab}.ts`);
  if (isTaken(name.kebab)) throw taken(`${module.words} has a message "${name.kebab}"`, what, name.kebab, isTaken);
}

/** @throws UserError with a name that is free, when there is such a file */
export function mustBeNewUseCase(repository: Repository, { module, name }: Placed): void {
  const { folder } = homeOfUseCases(repository, module);
  const isTaken = (kebab: string) =>
    repository.has(`${folder}/${kebab}.ts`) || repository.has(`${folder}/${kebab}.spec.ts`);
  if (isTaken(name.kebab)) throw taken(`${folder} has a file "${name.kebab}"`, 'use case', name.kebab, isTaken);
}

function taken(where: string, what: string, name: string, isTaken: (name: string) => boolean): UserError {
  return new UserError(`${where} already.`, `Give the ${what} another name, such as "${freeName(name, isTaken)}".`);
}

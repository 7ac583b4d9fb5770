import { UserError } from '../user-error.js';

/** A name in the forms that the sources need. */
export interface Name {
  /** As the user gives it, and as files and messages are called: `order-item`. */
  readonly kebab: string;
  /** As variables and methods are called: `orderItem`. */
  readonly camel: string;
  /** As classes and contracts are called: `OrderItem`. */
  readonly pascal: string;
  /** In a sentence: `order item`. */
  readonly words: string;
}

/** For what becomes the name of a schema, a role or a table. */
const LONGEST = 40;
/** For what becomes the name of a file and a class. */
const LONGEST_CLASS = 80;
const KEBAB = /^[a-z][a-z0-9]*(?:-[a-z0-9]+)*$/;

/** In all forms, of a name that is known to be one. */
export function nameOf(kebab: string): Name {
  const pascal = kebab.split('-').map(capitalised).join('');
  return {
    kebab,
    camel: pascal.charAt(0).toLowerCase() + pascal.slice(1),
    pascal,
    words: kebab.replaceAll('-', ' '),
  };
}

/**
 * @param what is named, as "module"
 * @param accepted the name to suggest in place of one that would be refused for another reason
 * @throws UserError with the name that it could be, for one that is not in lower case with dashes
 */
export function readName(
  given: string,
  what: string,
  longest = LONGEST,
  accepted = (kebab: string): string => kebab,
): Name {
  if (KEBAB.test(given) && given.length <= longest) return nameOf(given);
  const near = kebabOf(given, longest);
  throw new UserError(
    `"${given}" cannot be the name of ${withArticle(what)}: names are lower-case words with dashes between them, at most ${longest} characters, and begin with a letter.`,
    near === undefined ? 'Take one such as "order-items".' : `Try "${accepted(near)}".`,
  );
}

/**
 * The same for a name that becomes a class of its own.
 * @throws UserError also for the name of something that JavaScript brings, which the class would hide
 */
export function readClassName(given: string, what: string, longest = LONGEST_CLASS): Name {
  const moreExact = (kebab: string): string => `${kebab}-entry`;
  const name = readName(given, what, longest, (kebab) => (isOfJavaScript(nameOf(kebab)) ? moreExact(kebab) : kebab));
  if (!isOfJavaScript(name)) return name;
  throw new UserError(
    `"${given}" cannot be the name of ${withArticle(what)}: its class would be called ${name.pascal}, as one of JavaScript's own.`,
    `Say more precisely what it is, such as "${moreExact(name.kebab)}".`,
  );
}

const isOfJavaScript = ({ pascal }: Name): boolean => pascal in globalThis;

/** What somebody who wrote `OrderItems` or `order_items` meant; undefined where nothing can be made of it. */
export function kebabOf(text: string, longest = LONGEST): string | undefined {
  const kebab = text
    .normalize('NFKD')
    .replaceAll(/\p{Mark}/gu, '')
    .replaceAll('ß', 'ss')
    .replaceAll(/([a-z0-9])([A-Z])|([A-Z])([A-Z][a-z])/g, '$1$3-$2$4')
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replace(/^[-0-9]+/, '')
    .slice(0, longest)
    .replace(/-+$/, '');
  return KEBAB.test(kebab) ? kebab : undefined;
}

/** The English plural, regular; what it makes of "sheep" can be renamed. */
export function pluralOf(kebab: string): string {
  if (/[^aeiou]y$/.test(kebab)) return `${kebab.slice(0, -1)}ies`;
  return /(?:s|x|z|ch|sh)$/.test(kebab) ? `${kebab}es` : `${kebab}s`;
}

/** The first of `name-2`, `name-3`, … that is free. */
export function freeName(taken: string, isTaken: (name: string) => boolean): string {
  for (let n = 2; ; n++) {
    const candidate = `${taken.slice(0, LONGEST - 4)}-${n}`;
    if (!isTaken(candidate)) return candidate;
  }
}

function withArticle(what: string): string {
  return `${/^[aeio]/.test(what) ? 'an' : 'a'} ${what}`;
}

function capitalised(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1);
}

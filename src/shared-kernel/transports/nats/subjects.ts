/** All that is said lies below this, so that one permission, `seamline.>`, is all that a user needs. */
const ROOT = 'seamline';

/** Whichever of a module's instances the server picks. */
export function queueOf(subscriber: string, partition: number): string {
  return `${ROOT}.${subscriber}.${partition}`;
}

/** One instance. */
export function addressOf(subscriber: string, instance: string): string {
  return `${ROOT}.${subscriber}.at.${instance}`;
}

/** Whose address it is; undefined where it is none. */
export function instanceIn(subscriber: string, address: string | undefined): string | undefined {
  const instance = lastOf(address ?? '');
  return isName(instance) && address === addressOf(subscriber, instance) ? instance : undefined;
}

/** Where a module's instances say that they live … */
export function presenceOf(subscriber: string): string {
  return `${ROOT}.${subscriber}.present`;
}

/** … and that they are about to end. */
export function partingOf(subscriber: string): string {
  return `${ROOT}.${subscriber}.gone`;
}

/** Where a process hears the answer to one of its letters; `*` for all of them. */
export function answerTo(process: string, letter: string): string {
  return `${ROOT}.answers.${process}.${letter}`;
}

/** Nobody is answered anywhere else, or two receivers could be made to answer each other for ever. */
export function isAnswer(subject: string | undefined): subject is string {
  return subject?.startsWith(`${ROOT}.answers.`) === true;
}

/** The letter that is answered there. */
export function lastOf(subject: string): string {
  return subject.slice(subject.lastIndexOf('.') + 1);
}

/** What processes are called, by NUID. */
export function isName(text: string): boolean {
  return /^[A-Z0-9]{22}$/i.test(text);
}

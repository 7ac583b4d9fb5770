/** Where what is said: all of it below the name of the system, so that one permission, `<system>.>`, is all that a user needs. */
export class Subjects {
  constructor(private readonly system: string) {}

  /** Whichever of a module's instances the server picks. */
  queueOf(subscriber: string, partition: number): string {
    return `${this.system}.${subscriber}.${partition}`;
  }

  /** One instance. */
  addressOf(subscriber: string, instance: string): string {
    return `${this.system}.${subscriber}.at.${instance}`;
  }

  /** Whose address it is; undefined where it is none. */
  instanceIn(subscriber: string, address: string | undefined): string | undefined {
    const instance = lastOf(address ?? '');
    return isName(instance) && address === this.addressOf(subscriber, instance) ? instance : undefined;
  }

  /** Where a module's instances say that they live … */
  presenceOf(subscriber: string): string {
    return `${this.system}.${subscriber}.present`;
  }

  /** … and that they are about to end. */
  partingOf(subscriber: string): string {
    return `${this.system}.${subscriber}.gone`;
  }

  /** Where a process hears the answer to one of its letters; `*` for all of them. */
  answerTo(process: string, letter: string): string {
    return `${this.system}.answers.${process}.${letter}`;
  }

  /** Nobody is answered anywhere else, or two receivers could be made to answer each other for ever. */
  isAnswer(subject: string | undefined): subject is string {
    return subject?.startsWith(`${this.system}.answers.`) === true;
  }
}

/** The letter that is answered there. */
export function lastOf(subject: string): string {
  return subject.slice(subject.lastIndexOf('.') + 1);
}

/** What processes are called, by NUID. */
export function isName(text: string): boolean {
  return /^[A-Z0-9]{22}$/i.test(text);
}

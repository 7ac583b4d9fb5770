/** How often an instance says that it lives. In milliseconds. */
export const PRESENT_EVERY = 1_000;
/** An instance of which nothing has been heard for so long is passed by: it is frozen, or out of reach. In milliseconds. */
export const SILENCE = 4_000;
/** What is held of names that anybody on the server may make up. */
const MOST_INSTANCES = 100;

/** The instances of a module that a sender has heard of. Only ever a hint: a lease in the receiver's database keeps order. */
export class Instances {
  private readonly heard = new Map<string, number>();

  hear(instance: string, now: number): void {
    if (this.heard.has(instance) || this.heard.size < MOST_INSTANCES) this.heard.set(instance, now);
  }

  leave(instance: string): void {
    this.heard.delete(instance);
  }

  /** The same for all senders that have heard the same, so that a partition changes hands only when instances come or go. */
  ownerOf(partition: number, now: number): string | undefined {
    for (const [instance, at] of this.heard) if (now - at > SILENCE) this.heard.delete(instance);
    const names = [...this.heard.keys()].sort();
    return names[partition % names.length];
  }
}

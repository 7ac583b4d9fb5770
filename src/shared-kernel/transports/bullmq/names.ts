/** Where letters for a module wait. */
export function queueOf(system: string, subscriber: string, partition: number): string {
  return `${system}.${subscriber}.${partition}`;
}

/** Nobody waits in it: it is tried out whether letters may be put into a queue and taken out. */
export function rehearsalOf(system: string): string {
  return `${system}.rehearsal`;
}

/** Channels on which answers come begin so; nothing is published to any other. */
export function answersOf(system: string): string {
  return `${system}.answers.`;
}

import type { Stage } from '../../harness/child.js';
import type { Overall } from '../workload.js';

/** What a plain client makes of a broker: letters go in, and each is acknowledged by hand once it was taken. */
export interface Outlet {
  /** Resolves when the letters need no more care of the sender's, whatever that means where they go. */
  send(letters: readonly string[]): Promise<unknown>;
  close(): Promise<unknown>;
}

export interface Inlet {
  /** Where an outlet finds it, where no broker is between. */
  readonly port: number;
  close(): Promise<unknown>;
}

export interface PipeOptions extends Stage<Overall> {
  /** Of this run alone: the broker may be somebody else's. */
  readonly queue: string;
  readonly atOnce: number;
}

export interface Pipe {
  /** @param take resolves when the letter's transaction is committed */
  receive(options: PipeOptions, take: (letter: string) => Promise<void>): Promise<Inlet>;
  open(options: PipeOptions, port: number): Promise<Outlet>;
}

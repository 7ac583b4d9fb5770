/** What an app says to the `seamline start --topology` that runs it, over the channel between the two processes. */
export type Word = { readonly ready: string } | { readonly failed: string };

/** Set by whoever runs this process as one app of several. */
export const PART_OF = 'SEAMLINE_PART_OF';

/** The process that runs this one as one app of several, and ends it. */
export interface Parent {
  tell(word: Word): Promise<void>;
}

export function parentOf(env: NodeJS.ProcessEnv): Parent | undefined {
  if (env[PART_OF] === undefined) return undefined;
  return {
    tell: (word) =>
      new Promise((told) => {
        if (process.connected && process.send) process.send(word, () => told());
        else told();
      }),
  };
}

/** How big a generated repository is. */
export interface CheckWork {
  readonly modules: number;
  readonly filesPerModule: number;
  /** Each candidate must also find an import that is not allowed; that takes as long again. */
  readonly isTested: boolean;
}

/** What looking at all imports of a repository costs, once. */
export interface Look {
  readonly seconds: number;
  /** Of the process, at its highest. */
  readonly peakMegabytes: number;
  /** Of the repository. */
  readonly files: number;
  readonly checks: readonly { readonly what: string; readonly expected: number; readonly found: number }[];
}

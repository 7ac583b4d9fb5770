export interface CheckOptions {
  /** Put right what can be put right by a machine, first. */
  readonly fix: boolean;
  readonly inColour: boolean;
}

/** What a check found: how many things are wrong, and all of them in words. */
export interface Finding {
  readonly problems: number;
  readonly report: string;
}

export type Check = (options: CheckOptions) => Promise<Finding>;

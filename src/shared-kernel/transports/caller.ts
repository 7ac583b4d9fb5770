/** Who is connected with a broker. */
export interface Caller {
  readonly app: string;
  /** What all names on the broker begin with. */
  readonly system: string;
}

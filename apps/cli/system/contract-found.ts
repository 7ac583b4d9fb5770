/** JSON Schema 2020-12. */
export type JsonSchema = Readonly<Record<string, unknown>>;

/** A message that a module declares in its `contract/`. */
export interface ContractFound {
  /** The module's folder. */
  readonly module: string;
  /** Below the root, with slashes. */
  readonly file: string;
  readonly exportName: string;
  /** Where it is declared in that file, from 1. */
  readonly line: number;
  readonly kind: 'event' | 'command' | 'query';
  readonly name: string;
  /** The module that its name begins with. */
  readonly owner: string;
  /** The property that orders it; of events and commands. */
  readonly key?: string;
  /** Closed; of events and commands. */
  readonly schema?: JsonSchema;
  /** Closed; of queries. */
  readonly request?: JsonSchema;
  /** Closed; of queries. */
  readonly reply?: JsonSchema;
  /** The name of the major version before it, where it says how to read that one as itself. */
  readonly upcasts?: string;
  /** What its doc comment says, on one line. */
  readonly meaning: string;
  /** What its zod schema asks for and its JSON schema cannot say, as `lines[].sku: a refinement`. */
  readonly untold: readonly string[];
}

/** What a contract says of itself when it is loaded. */
export interface LoadedContract extends Omit<ContractFound, 'module' | 'file' | 'line' | 'meaning'> {
  /** The same for one contract that several files export. */
  readonly identity: number;
  /** Whether the file exports it by itself, and not as a part of something else. */
  readonly isByItself: boolean;
}

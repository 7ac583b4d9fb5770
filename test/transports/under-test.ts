import type { Transport } from '#kernel/transports/transport';

/** What the conformance suite needs of a transport: everything that a network and a broker can do to it. */
export interface TransportUnderTest {
  readonly name: string;
  /** Starts whatever lies between apps, on ports of its own; never touches a server that was there before. */
  start(): Promise<Between>;
  /** Why it cannot be tested here, in one line; undefined where it can. */
  missing(): Promise<string | undefined>;
  /** What makes no sense for this transport, each with its reason in one line; its cases are left out. */
  readonly without?: Readonly<Partial<Record<Need, string>>>;
}

/** `apps`: sender and receiver are apart; `connections`: they can be cut; `bytes`: a stranger's can be brought in. */
export type Need = 'apps' | 'connections' | 'broker' | 'bytes';

/** An app has at most so many instances at once, counted from 0. */
export const MOST_INSTANCES = 3;

/** One running network or broker. */
export interface Between {
  /**
   * The transport of one instance of an app, new each time and not connected yet. What lies between can be reached only
   * through a proxy of its own, so that it can be cut.
   */
  transportOf(app: AppInstance): Transport;
  /** Cuts every connection that is open now; new ones may be made at once. */
  cut(): Promise<void>;
  /** Of a broker; absent where there is none. */
  readonly broker?: Broker;
  /** Puts bytes where batches for this subscriber are taken from; where there is a broker, it does. */
  inject?(subscriber: string, bytes: Buffer): Promise<void>;
  /** How a process of its own, which may be killed, makes such a transport. */
  readonly elsewhere: Elsewhere;
  /** Ends all that was started, and leaves nothing behind. To be called after the transports are closed. */
  stop(): Promise<void>;
}

export interface Elsewhere {
  /** The address (`import.meta.url`) of a module without anything of Jest that exports {@link TransportAt} as `transportAt`. */
  readonly module: string;
  /** What its `transportAt` needs to know; survives JSON. */
  readonly where: unknown;
}

/** Makes the transport of one instance in another process than the one that started what lies between. */
export type TransportAt<Where> = (where: Where, app: AppInstance) => Transport;

export interface AppInstance {
  readonly app: string;
  /** From 0. */
  readonly instance: number;
  /** In which app each module of the suite lives. */
  readonly appOf: (module: string) => string;
}

export interface Broker {
  /** As a power cut does. */
  kill(): Promise<void>;
  /** On the same port, with whatever it kept. */
  start(): Promise<void>;
  /** Removes all that it holds: queues, streams, keys. */
  empty(): Promise<void>;
  /** Puts bytes where batches for this subscriber are taken from. */
  inject(subscriber: string, bytes: Buffer): Promise<void>;
}

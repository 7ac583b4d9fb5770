import type { Envelope } from '../contract/envelope.js';

/** Messages of one partition of keys, from one module's outbox to one subscriber, in order. */
export interface Batch {
  readonly source: string;
  readonly subscriber: string;
  readonly partition: number;
  /** Which relay sent it: a later relay of the same partition has a higher epoch. */
  readonly epoch: number;
  /** Consecutive within the epoch, from 1. */
  readonly number: number;
  /** 0 for what happens now; a replay of history has a generation of its own, and its messages are new once more. */
  readonly generation: number;
  readonly messages: readonly Envelope[];
  /** Each message as JSON on one line, where that can be had without reading them. */
  written?(): readonly string[];
}

/**
 * The receiver's word after its commit, go-back-N. `taken`: this batch and all before it are safe. `expected`: a gap;
 * the sender begins a new epoch. `stale`: another relay has taken over, stop sending. `paused`: not now, ask again.
 * Source: Kurose and Ross, "Computer Networking", section 3.4.3 (Go-Back-N).
 */
export type Acknowledgement =
  | { readonly kind: 'taken' }
  | { readonly kind: 'expected'; readonly number: number }
  | { readonly kind: 'stale' }
  | { readonly kind: 'paused' };

export type OnBatch = (batch: Batch) => Promise<Acknowledgement>;

/**
 * A pipe, never the only copy: it may lose, double or reorder, and nothing is lost, because only the acknowledgement
 * moves the sender's cursor. An adapter is these four functions and knows nothing of inboxes or retries.
 */
export interface Transport {
  connect(): Promise<void>;
  /** Resolves with the receiver's acknowledgement; rejects when there was none. */
  send(batch: Batch): Promise<Acknowledgement>;
  consume(subscriber: string, onBatch: OnBatch): void;
  close(): Promise<void>;
}

import { randomUUID } from 'node:crypto';
import { Logger } from '@nestjs/common';
import { z } from 'zod';
import {
  ForeignLetter,
  linesIn,
  readAcknowledgement,
  readBatch,
  readJson,
  writeAcknowledgement,
  writeBatch,
} from './letters.js';
import type { Acknowledgement, Batch, OnBatch } from './transport.js';

/** A batch on its way over a broker: its lines, with the address before them. */
export interface Letter {
  /** Returned with the answer. */
  readonly id: string;
  /** Where the sender waits for it, in the broker's own terms. */
  readonly replyTo: string;
  readonly batch: Batch;
}

/** A letter without an answer is given up after this; a receiver that died with it is not heard of otherwise. In milliseconds. */
export const ANSWER_DEADLINE = 15_000;
/** Of a letter: whatever is longer is not ours, see PAGE_BYTES. In characters. */
const LONGEST = 16 * 1024 * 1024;

const id = z.uuid();
const Address = z.object({ id, replyTo: z.string().regex(/^[\w.$/+=-]{1,255}$/) });
const AnswerTo = z.object({ id, failure: z.string().optional() });

export function writeLetter({ id, replyTo, batch }: Letter): string[] {
  return [JSON.stringify({ id, replyTo }), ...writeBatch(batch)];
}

/** @throws ForeignLetter */
export function readLetter(letter: Uint8Array | string): Letter {
  const lines = linesWithin(letter);
  return { ...readJson(Address, lines[0] ?? '', 'address'), batch: readBatch(lines, 1) };
}

/** The sending end: what was asked and not answered yet. Nothing else of a letter stays in memory. */
export class Correspondence {
  private readonly log: Logger;
  private readonly pending = new Map<string, Pending>();
  private closed: Error | undefined;

  /** @param name of the transport, for the log */
  constructor(
    name: string,
    private readonly deadline = ANSWER_DEADLINE,
  ) {
    this.log = new Logger(name);
  }

  /**
   * Posts a letter under a new id and waits for its answer.
   * @throws what `post` throws; Error when the receiver could not take it, the connection broke, or no answer came in time
   */
  async ask(post: (id: string) => Promise<void>): Promise<Acknowledgement> {
    if (this.closed) throw this.closed;
    const id = randomUUID();
    let late: NodeJS.Timeout | undefined;
    const answer = new Promise<Acknowledgement>((resolve, reject) => {
      const tooLate = new Error(`no acknowledgement within ${this.deadline} ms`);
      late = setTimeout(() => reject(tooLate), this.deadline);
      this.pending.set(id, { resolve, reject });
    });
    try {
      return await Promise.race([answer, post(id).then(() => answer)]);
    } finally {
      clearTimeout(late);
      this.pending.delete(id);
    }
  }

  /** Whatever came where answers are waited for; never throws. An answer that nobody waits for any more is let go. */
  answered(bytes: Uint8Array | string): void {
    try {
      const [first = '', rest = ''] = linesWithin(bytes);
      const { id, failure } = readJson(AnswerTo, first, 'answer');
      if (failure !== undefined) this.pending.get(id)?.reject(new Error(oneLine(failure)));
      else this.pending.get(id)?.resolve(readAcknowledgement(rest));
    } catch (error) {
      if (!(error instanceof ForeignLetter)) throw error;
      this.log.warn(`What came as an answer is let go: ${oneLine(error.message)}`);
    }
  }

  /** The connection broke, so answers may have been missed: whoever waits sends again. */
  lost(reason: Error): void {
    for (const { reject } of this.pending.values()) reject(reason);
  }

  close(): void {
    this.closed = new Error('This app is closing its connection to the broker.');
    this.lost(this.closed);
  }
}

/**
 * The receiving end:
 *
 *   letter ──foreign──▶ one line in the log, let go
 *     │ ours
 *     ▼
 *   onBatch ──acknowledgement──▶ answer
 *         └─ throws ──▶ failure as the answer, so that the sender need not wait for its deadline
 *
 * A copy of a batch that is being handled joins it, so that a sender's impatience takes no connections of the database.
 */
export class Reception {
  private readonly log: Logger;
  private readonly underWay = new Map<string, Promise<Acknowledgement>>();
  private readonly taking = new Set<Promise<void>>();

  /** @param name of the transport, for the log */
  constructor(name: string) {
    this.log = new Logger(name);
  }

  /**
   * Takes one letter to its end; resolves when the broker may forget it, and never rejects.
   * @param answer posts an answer to a letter's `replyTo`; it may fail, and then the sender sends again
   */
  take(
    subscriber: string,
    onBatch: OnBatch,
    letter: Uint8Array | string,
    answer: (replyTo: string, text: string) => Promise<void>,
  ): Promise<void> {
    const taken = this.takeOne(subscriber, onBatch, letter, answer).catch((error: Error) =>
      this.log.warn(`An answer was not sent, its batch will come again: ${oneLine(error.message)}`),
    );
    this.taking.add(taken);
    return taken.finally(() => this.taking.delete(taken));
  }

  /** Resolves when every letter that is being taken has been answered. */
  async drained(): Promise<void> {
    while (this.taking.size > 0) await Promise.all(this.taking);
  }

  private async takeOne(
    subscriber: string,
    onBatch: OnBatch,
    bytes: Uint8Array | string,
    answer: (replyTo: string, text: string) => Promise<void>,
  ): Promise<void> {
    const letter = this.opened(subscriber, bytes);
    if (!letter) return;
    let text: string;
    try {
      text = `${JSON.stringify({ id: letter.id })}\n${writeAcknowledgement(await this.handled(letter.batch, onBatch))}`;
    } catch (error) {
      text = JSON.stringify({ id: letter.id, failure: oneLine((error as Error).message) });
    }
    await answer(letter.replyTo, text);
  }

  private opened(subscriber: string, bytes: Uint8Array | string): Letter | undefined {
    try {
      const letter = readLetter(bytes);
      if (letter.batch.subscriber === subscriber) return letter;
      throw new ForeignLetter(`It is for ${letter.batch.subscriber}.`);
    } catch (error) {
      if (!(error instanceof ForeignLetter)) throw error;
      this.log.warn(`What came as a letter to ${subscriber} is removed: ${oneLine(error.message)}`);
      return undefined;
    }
  }

  private handled(batch: Batch, onBatch: OnBatch): Promise<Acknowledgement> {
    const { source, subscriber, partition, epoch, number, generation } = batch;
    const key = [source, subscriber, partition, epoch, number, generation].join('/');
    const before = this.underWay.get(key);
    if (before) return before;
    const handled = onBatch(batch).finally(() => this.underWay.delete(key));
    this.underWay.set(key, handled);
    return handled;
  }
}

interface Pending {
  readonly resolve: (acknowledgement: Acknowledgement) => void;
  readonly reject: (error: Error) => void;
}

/** Text of others for a log or an error: without line breaks and other controls, and not long. */
export function oneLine(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ').slice(0, 300);
}

/** Why a broker cannot be reached. Node gathers the failures of several addresses under an empty message. */
export function whyOf({ message, code }: NodeJS.ErrnoException): string {
  return oneLine(message || code || 'no reason given');
}

function linesWithin(bytes: Uint8Array | string): string[] {
  if (bytes.length > LONGEST) throw new ForeignLetter(`It has a length of ${bytes.length}.`);
  return linesIn(bytes);
}

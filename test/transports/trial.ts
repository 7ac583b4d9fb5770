import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from '@jest/globals';
import { PARTITIONS } from '#kernel/messaging/layout';
import { Sent } from './modules.js';
import { keyIn, messageOf, type Saying, Stage, upTo } from './stage.js';
import type { Broker, Need, TransportUnderTest } from './under-test.js';

/** Processes are started in it, or something is waited for more than once, on a small machine. In milliseconds. */
export const LONG = 240_000;

/** What the cases of the suite share: one stage, and words to speak of it. */
export class Trial {
  private set: Stage | undefined;
  private cases = 0;

  constructor(private readonly underTest: TransportUnderTest) {}

  async begin(): Promise<void> {
    this.set = await Stage.begin(this.underTest);
  }

  async end(): Promise<void> {
    await this.set?.end();
  }

  get stage(): Stage {
    if (!this.set) throw new Error('The stage has not been set.');
    return this.set;
  }

  get broker(): Broker {
    const { broker } = this.stage.between;
    if (!broker) throw new Error(`${this.underTest.name} has no broker: say so in its "without".`);
    return broker;
  }

  /** A case that needs something of the transport; left out, and said so, where that makes no sense. */
  given(need: Need, sentence: string, work: () => Promise<void>): void {
    const reason = this.underTest.without?.[need];
    if (reason === undefined) it(sentence, work, LONG);
    else process.stdout.write(`${this.underTest.name} leaves out "${sentence}": ${reason}.\n`);
  }

  /** Begins the keys of one case, and of no other. */
  named(what: string): string {
    return `${what}${++this.cases}`;
  }

  /** Publishes `count` messages of each key, numbered; the instances of the sender take turns, and a number is a transaction. */
  async flow(keys: readonly string[], count: number, pause = 0, saying: Saying = {}): Promise<void> {
    const instances = this.stage.running('sender').length;
    for (const n of upTo(count)) {
      await this.stage.publish((tx) => {
        for (const key of keys) tx.publish(Sent, messageOf(key, n, saying));
      }, n % instances);
      if (pause > 0) await sleep(pause);
    }
  }

  /** Waits for `count` messages of each key; each has come once, and in order. */
  async expectAll(prefix: string, keys: readonly string[], count: number): Promise<void> {
    await this.stage.takesOfAll(prefix, keys.length * count);
    await this.allIsSent();
    const taken = await this.stage.takenOfAll(prefix);
    expect(taken).toEqual(new Map([...keys].sort().map((key) => [key, upTo(count)])));
  }

  /** Waits until whatever was published before now, and might be sent a second time, has been. */
  private async allIsSent(): Promise<void> {
    const end = this.named('end');
    const ends = upTo(PARTITIONS).map((partition) => keyIn(partition, end));
    for (const key of ends) await this.stage.say(key, [0]);
    for (const key of ends) await this.stage.takes(key, 1);
  }

  async deadLetters(key: string): Promise<{ type: string; reason: string }[]> {
    const { rows } = await this.stage.sql.query('select type, reason from receiver.dead_letter where key = $1', [key]);
    return rows;
  }

  /** Puts bytes where the receiver's batches are taken from. */
  inject(bytes: Buffer): Promise<void> {
    const { between } = this.stage;
    return between.inject ? between.inject('receiver', bytes) : this.broker.inject('receiver', bytes);
  }
}

export function keysOf(prefix: string, count: number): string[] {
  return upTo(count).map((n) => `${prefix}-${n}`);
}

import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { type Transaction, UnitOfWork } from '#kernel/persistence/unit-of-work';
import { type Random, seeded } from '../random.js';
import { Cursed, Posted, type Step } from './contract.js';
import { worker } from './effects.js';

const named = (name: string, count: number) => Array.from({ length: count }, (_, i) => `${name}-${i}`);

/** Most are plain; some have transactions that stay open, some have messages that nobody can take. */
const PLAIN = named('plain', 40);
const SLOW = named('slow', 6);
const CURSED = named('cursed', 3);

/** Clients at work at the same time in one process. */
const PLAIN_CLIENTS = 3;
/** Longer than PostgreSQL takes to see a deadlock, so that there are some. In milliseconds. */
const LOCK_TIMEOUT = 1_500;
/** So many messages of a cursed key for one that nobody can take, the first one that a process sends among them. */
const CURSED_EVERY = 20;

class ChangedMind extends Error {}

/** How one transaction behaves. */
interface Manner {
  readonly cursed?: boolean;
  /** Between taking the numbers and telling of them. In milliseconds. */
  readonly openFor?: number;
  /** Between telling of them and the commit. In seconds. */
  readonly heldFor?: number;
  readonly rollsBack?: boolean;
}

/** What the clients of a real system do: post to accounts, some of them in bad manners, until told to rest. */
@Injectable()
export class Load {
  private readonly random: Random = seeded(process.pid);
  private resting = false;
  private cursed = 0;
  private clients: Promise<unknown> = Promise.resolve();

  constructor(private readonly unitOfWork: UnitOfWork) {}

  async start(): Promise<void> {
    // The lean path knows its next number beforehand, so a key of this process alone.
    const lean = `lean-${worker()}`;
    await this.unitOfWork.transaction(async (tx) => {
      for (const key of [...PLAIN, ...SLOW, ...CURSED, lean].sort())
        tx.execute('insert into account (key) values ($1) on conflict do nothing', [key]);
    });
    let n = 0;
    this.clients = Promise.all([
      ...Array.from({ length: PLAIN_CLIENTS }, () => this.client(() => this.actPlainly(), 20, 100)),
      this.client(() => this.postLean(lean, ++n), 50, 250),
      this.client(() => this.actSlowly(), 0, 300),
      this.client(() => this.actCursed(), 500, 2_000),
    ]);
  }

  async rest(): Promise<void> {
    this.resting = true;
    await this.clients;
  }

  private async client(act: () => Promise<void>, minPause: number, maxPause: number): Promise<void> {
    while (!this.resting) {
      await pause(this.random.between(minPause, maxPause));
      await act().catch(async (error) => {
        // The database may be away; whoever took a transaction back on purpose goes on at once.
        if (!(error instanceof ChangedMind)) await pause(300);
      });
    }
  }

  private actPlainly(): Promise<void> {
    const keys = this.some(PLAIN, this.random.chance(0.2) ? 2 + this.random.below(5) : 1);
    const repeated = this.random.chance(0.2) ? [...keys, ...keys] : keys;
    return this.post(repeated, { rollsBack: this.random.chance(0.1) });
  }

  private actSlowly(): Promise<void> {
    const manner = this.random.chance(0.3)
      ? { openFor: this.random.between(100, 3_000) }
      : { heldFor: this.random.between(0.05, 2) };
    return this.post(this.some(SLOW, 1), manner);
  }

  private actCursed(): Promise<void> {
    return this.post(this.some(CURSED, 1), { cursed: this.cursed++ % CURSED_EVERY === 0 });
  }

  /** Takes the next number of each key, then tells of all: in the order of the numbers, which is not that of the locks. */
  private post(keys: readonly string[], { openFor = 0, rollsBack = false, ...manner }: Manner): Promise<void> {
    return this.unitOfWork.transaction(async (tx) => {
      // A frozen process may hold an account for long: whoever cannot have it goes on with another.
      tx.execute(`set local lock_timeout = ${LOCK_TIMEOUT}`);
      const stroke = randomUUID();
      const steps: Step[] = [];
      for (const key of keys) steps.push(await takeNumber(tx, key, stroke, manner));
      if (openFor > 0) await pause(openFor);
      steps.sort((a, b) => a.n - b.n);
      for (const step of steps) tx.publish(manner.cursed ? Cursed : Posted, step);
      if (rollsBack) throw new ChangedMind();
    });
  }

  private async postLean(key: string, n: number): Promise<void> {
    const step = { key, n, stroke: randomUUID() };
    await this.unitOfWork.single(
      'update account set n = $2, stroke = $3 where key = $1 returning key',
      [key, n, step.stroke],
      (messenger) => messenger.publish(Posted, step),
    );
  }

  private some(keys: readonly string[], count: number): string[] {
    return this.random.shuffled(keys).slice(0, count);
  }
}

async function takeNumber(
  tx: Transaction,
  key: string,
  stroke: string,
  { cursed = false, heldFor = 0 }: Manner,
): Promise<Step> {
  const [account] = await tx.query<{ n: number }>('select n from account where key = $1 for update', [key]);
  const n = (account?.n ?? 0) + 1;
  const values = [key, n, stroke, cursed, heldFor];
  tx.execute('update account set n = $2, stroke = $3, cursed = $4, held_for = $5 where key = $1', values);
  return { key, n, stroke };
}

import { Logger } from '@nestjs/common';
import { type Envelope, sourceModule } from '../contract/envelope.js';
import { asError, DatabaseAway } from '../persistence/failures.js';
import { ModuleFenced } from '../persistence/fence.js';
import type { Transaction, UnitOfWork } from '../persistence/unit-of-work.js';
import { runInContext } from '../telemetry/context.js';
import type { Acknowledgement, Batch } from '../transports/transport.js';
import { contextOf, type Dispatch, Unacceptable } from './dispatch.js';
import { bury, park, reasonOf } from './parked.js';

/**
 * Takes batches for one module: the same code whatever brought them. In one transaction:
 *
 *   lock the lease ─▶ is it the next batch? ──older──▶ acknowledge again
 *         │                    │└─ gap ──▶ ask again        (older epoch: stale)
 *         ▼                    ▼ next
 *   note the new ids in the inbox ─▶ handle them in order ─▶ move the lease ─▶ commit ─▶ acknowledge
 *                                        │ one throws
 *                                        ▼
 *             roll back, take the halves by themselves; a single one that throws is parked,
 *             and later messages of its key are parked behind it, while all others flow
 *
 * A message that can never be accepted (unknown type, broken contract) becomes a dead letter at once. When the database
 * is away or the module is fenced, nobody is at fault: nothing is acknowledged and the batch comes again.
 */
export class Receiver {
  private readonly log: Logger;

  constructor(
    private readonly module: string,
    private readonly unitOfWork: UnitOfWork,
    private readonly dispatch: Dispatch,
    private readonly onParked: () => void,
  ) {
    this.log = new Logger(`${module}.receiver`);
  }

  /** @throws when the batch could not be taken now; the sender keeps it and sends it again. */
  async receive(batch: Batch): Promise<Acknowledgement> {
    return this.take(batch, batch.messages, true);
  }

  private async take(batch: Batch, messages: readonly Envelope[], last: boolean): Promise<Acknowledgement> {
    try {
      return await this.unitOfWork.once((tx) => this.takeAll(tx, batch, messages, last));
    } catch (thrown) {
      const error = asError(thrown);
      if (error instanceof DatabaseAway || error instanceof ModuleFenced) throw error;
      // Two batches that lock the same rows in another order: fewer rows at a time, down to one message's.
      if (messages.length > 1) return this.takeHalves(batch, messages, last);
      return this.setAside(batch, messages[0] as Envelope, error, last);
    }
  }

  private async takeHalves(batch: Batch, messages: readonly Envelope[], last: boolean): Promise<Acknowledgement> {
    const middle = messages.length >> 1;
    const first = await this.take(batch, messages.slice(0, middle), false);
    return first.kind === 'taken' ? this.take(batch, messages.slice(middle), last) : first;
  }

  private async takeAll(
    tx: Transaction,
    batch: Batch,
    messages: readonly Envelope[],
    last: boolean,
  ): Promise<Acknowledgement> {
    const refused = await lease(tx, batch);
    if (refused) return refused;
    const fresh = await noteInInbox(tx, batch.subscriber, messages);
    const waiting = await waitingKeys(tx, batch, fresh);
    for (const envelope of fresh) {
      if (waiting.has(envelope.subject)) await park(tx, batch.subscriber, envelope);
      else await this.dispatch.handle(envelope, tx);
    }
    if (last) await moveLease(tx, batch);
    return { kind: 'taken' };
  }

  private async setAside(batch: Batch, envelope: Envelope, error: Error, last: boolean): Promise<Acknowledgement> {
    const verb = error instanceof Unacceptable ? 'is a dead letter' : 'is parked';
    runInContext(contextOf(this.module, envelope), () =>
      this.log.warn(`${envelope.type} ${envelope.id} ${verb}: ${reasonOf(error)}`),
    );
    const acknowledgement = await this.unitOfWork.transaction(async (tx): Promise<Acknowledgement> => {
      const refused = await lease(tx, batch);
      if (refused) return refused;
      const fresh = await noteInInbox(tx, batch.subscriber, [envelope]);
      if (fresh.length > 0) {
        if (error instanceof Unacceptable) await bury(tx, batch.subscriber, envelope, 1, error);
        else await park(tx, batch.subscriber, envelope, error);
      }
      if (last) await moveLease(tx, batch);
      return { kind: 'taken' };
    });
    this.onParked();
    return acknowledgement;
  }
}

/** Locks the lease of the batch's partition, and refuses whatever is not the next batch of the newest relay. */
async function lease(tx: Transaction, batch: Batch): Promise<Acknowledgement | undefined> {
  const [row] = await tx.query<{ epoch: string; number: string }>(
    `insert into lease (source, subscriber, partition) values ($1, $2, $3)
     on conflict (source, subscriber, partition) do update set partition = excluded.partition
     returning epoch, number`,
    [batch.source, batch.subscriber, batch.partition],
  );
  const epoch = Number(row?.epoch);
  const number = batch.epoch > epoch ? 0 : Number(row?.number);
  if (batch.epoch < epoch) return { kind: 'stale' };
  if (batch.number <= number) return { kind: 'taken' };
  if (batch.number > number + 1) return { kind: 'expected', number: number + 1 };
  return undefined;
}

async function moveLease(tx: Transaction, batch: Batch): Promise<void> {
  await tx.query('update lease set epoch = $4, number = $5 where source = $1 and subscriber = $2 and partition = $3', [
    batch.source,
    batch.subscriber,
    batch.partition,
    batch.epoch,
    batch.number,
  ]);
}

/** Answers the messages that were not there yet, in their order. */
async function noteInInbox(tx: Transaction, subscriber: string, messages: readonly Envelope[]): Promise<Envelope[]> {
  const inserted = await tx.query<{ event_id: string }>(
    `insert into inbox (subscriber, event_id) select $1, unnest($2::uuid[])
     on conflict do nothing returning event_id`,
    [subscriber, messages.map((m) => m.id)],
  );
  const fresh = new Set(inserted.map((row) => row.event_id));
  return messages.filter((m) => fresh.has(m.id));
}

/** Keys that have a parked message of the same source: later ones queue up behind it. */
async function waitingKeys(tx: Transaction, batch: Batch, messages: readonly Envelope[]): Promise<Set<string>> {
  if (messages.length === 0) return new Set();
  const parked = await tx.query<{ key: string }>(
    'select distinct key from parked where subscriber = $1 and source = $2 and key = any ($3)',
    [batch.subscriber, sourceModule(messages[0] as Envelope), messages.map((m) => m.subject)],
  );
  return new Set(parked.map((row) => row.key));
}

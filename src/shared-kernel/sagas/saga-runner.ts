import { randomUUID } from 'node:crypto';
import type { Type } from '@nestjs/common';
import { z } from 'zod';
import { defineCommand, type MessageType } from '../contract/message.js';
import { versionsOf } from '../contract/upcast.js';
import { delay } from '../messaging/delayed.js';
import { address, check } from '../messaging/outbox.js';
import { type BoundSubscription, DEFAULTS, type Message } from '../messaging/subscriptions.js';
import type { Transaction } from '../persistence/unit-of-work.js';
import {
  type Duration,
  durationOf,
  type SagaDefinition,
  type SagaHandle,
  sagaDefinition,
  type Undoable,
} from './saga.js';

/**
 * Runs one module's sagas. A process is a row, locked FOR UPDATE in the transaction that handles its message:
 *
 *   (none) ──@Starts──▶ running ──complete()──▶ completed
 *                          │ abort(reason)
 *                          ▼
 *                       aborting ──last compensation answered──▶ aborted ──▶ @OnAborted
 *                          └─ sends compensations last in, first out, one at a time
 *
 * Compensations are data in the row, stored with the command they undo. An abort may overtake a command that is still
 * on its way: its compensation travels behind it, to the same receiver under the same key, so the receiver sees both
 * in order, and a compensation whose command never happened is answered all the same.
 */

interface Compensation {
  readonly type: string;
  readonly key: string;
  readonly payload: unknown;
  /** The type of the event that answers it. */
  readonly answer: string;
}

interface SagaRow {
  key: string;
  state: Record<string, unknown>;
  status: 'running' | 'aborting' | 'completed' | 'aborted';
  reason: string | null;
  compensations: Compensation[];
  pivoted: boolean;
  /** The token of each timer that is set; one that runs out under another token is stale. */
  timers: Record<string, string>;
}

type Steps = Record<string, (...args: unknown[]) => Promise<void> | void>;

/** The delayed message by which a module wakes its own sagas. */
export function sagaTimeout(module: string) {
  const shape = z.strictObject({ saga: z.string(), key: z.string(), timer: z.string(), token: z.string() });
  return defineCommand(`${module}.saga-timeout.v1`, 'key', shape);
}

/** What the sagas of a module take, their timers included. */
export function sagaTypes(module: string, sagas: readonly Type<object>[]): MessageType[] {
  const types = sagas.flatMap((saga) => typesOf(sagaDefinition(saga)));
  return sagas.length === 0 ? [] : [...types, sagaTimeout(module)];
}

function typesOf({ steps, undoneBy = [] }: SagaDefinition): MessageType[] {
  return [...new Map([...steps.map(({ type }) => type), ...undoneBy].map((type) => [type.name, type])).values()];
}

/** The subscriptions of a module's sagas, and of their timers. */
export function bindSagas(module: string, sagas: readonly object[]): BoundSubscription[] {
  if (sagas.length === 0) return [];
  const runners = sagas.map((saga) => new SagaRunner(module, saga as Steps, sagaDefinition(saga.constructor as never)));
  const timers: BoundSubscription = {
    type: sagaTimeout(module),
    inBatches: false,
    options: DEFAULTS,
    handle: async ([message], tx) => {
      for (const runner of runners) await runner.timedOut(message as never, tx);
    },
  };
  return [...runners.flatMap((runner) => runner.subscriptions()), timers];
}

class SagaRunner {
  constructor(
    private readonly module: string,
    private readonly steps: Steps,
    private readonly definition: SagaDefinition,
  ) {}

  subscriptions(): BoundSubscription[] {
    return typesOf(this.definition).map((type) => {
      const versions = versionsOf(type).map(({ name }) => name);
      return {
        type,
        inBatches: false,
        options: DEFAULTS,
        handle: ([message], tx) => this.handle(message as Message, versions, tx),
      };
    });
  }

  async timedOut({ payload }: Message<ReturnType<typeof sagaTimeout>>, tx: Transaction): Promise<void> {
    const method = this.definition.timeouts.get(payload.timer);
    if (payload.saga !== this.definition.name || method === undefined) return;
    const row = await this.load(tx, payload.key);
    if (row?.status !== 'running' || row.timers[payload.timer] !== payload.token) return;
    delete row.timers[payload.timer];
    await this.step(row, tx, method, []);
  }

  private async handle(message: Message, versions: readonly string[], tx: Transaction): Promise<void> {
    const step = this.definition.steps.find(({ type }) => type.name === message.type);
    const key = step ? step.key(message.payload as never) : message.key;
    if (step?.starts && !(await this.create(tx, key))) return;
    const row = await this.load(tx, key);
    if (row?.status === 'running' && step) await this.step(row, tx, step.method, [message.payload]);
    else if (row?.status === 'aborting') await this.answered(row, tx, versions);
  }

  private async step(row: SagaRow, tx: Transaction, method: string, args: unknown[]): Promise<void> {
    const handle = new Handle(row, tx, this.definition, this.module);
    await this.steps[method]?.(...args, handle, tx);
    if (handle.aborted) await this.compensate(row, tx);
    await this.save(row, tx);
  }

  /**
   * In an aborting process only the answer that it waits for means anything.
   * @param versions in which the message may come: the row may be from a time when an older one was awaited
   */
  private async answered(row: SagaRow, tx: Transaction, versions: readonly string[]): Promise<void> {
    const awaited = row.compensations.at(-1)?.answer;
    if (awaited === undefined || !versions.includes(awaited)) return;
    row.compensations.pop();
    await this.compensate(row, tx);
    await this.save(row, tx);
  }

  /** Sends the next compensation, or, when all are answered, lets the saga say what its failure means. */
  private async compensate(row: SagaRow, tx: Transaction): Promise<void> {
    row.status = 'aborting';
    row.timers = {};
    const next = row.compensations.at(-1);
    if (next) {
      tx.enqueue(address(this.module, { ...next, payload: JSON.stringify(next.payload) }));
      return;
    }
    row.status = 'aborted';
    const { onAborted } = this.definition;
    if (onAborted) await this.steps[onAborted]?.(new Handle(row, tx, this.definition, this.module), tx);
  }

  private async create(tx: Transaction, key: string): Promise<boolean> {
    const { name, version } = this.definition;
    const created = await tx.query(
      `insert into saga (type, key, definition, state, status) values ($1, $2, $3, '{}', 'running')
       on conflict do nothing returning key`,
      [name, key, version],
    );
    return created.length > 0;
  }

  private async load(tx: Transaction, key: string): Promise<SagaRow | undefined> {
    const [row] = await tx.query<SagaRow>(
      'select key, state, status, reason, compensations, pivoted, timers from saga where type = $1 and key = $2 for update',
      [this.definition.name, key],
    );
    return row;
  }

  private async save(row: SagaRow, tx: Transaction): Promise<void> {
    await tx.query(
      `update saga set state = $3, status = $4, reason = $5, compensations = $6, pivoted = $7, timers = $8,
              version = version + 1, changed_at = now()
        where type = $1 and key = $2`,
      [
        this.definition.name,
        row.key,
        JSON.stringify(this.definition.state.parse(row.state)),
        row.status,
        row.reason,
        JSON.stringify(row.compensations),
        row.pivoted,
        JSON.stringify(row.timers),
      ],
    );
  }
}

class Handle implements SagaHandle {
  aborted = false;

  constructor(
    private readonly row: SagaRow,
    private readonly tx: Transaction,
    private readonly definition: SagaDefinition,
    private readonly module: string,
  ) {}

  get key(): string {
    return this.row.key;
  }

  get reason(): string {
    return this.row.reason ?? '';
  }

  get state(): Record<string, unknown> {
    return this.row.state;
  }

  set state(state: Record<string, unknown>) {
    this.row.state = state;
  }

  do(command: MessageType & { kind: 'command' }, payload: Record<string, unknown>): Undoable {
    this.tx.send(command, payload);
    return {
      undo: (compensation, undoing, answer) => {
        if (!this.definition.undoneBy?.includes(answer)) {
          throw new Error(`Saga ${this.definition.name} awaits ${answer.name}: list it in undoneBy of its @Saga({…}).`);
        }
        const { type, key, payload: checked } = check(compensation, undoing);
        this.row.compensations.push({ type, key, payload: JSON.parse(checked), answer: answer.name });
      },
    };
  }

  async timeout(name: string, after: Duration): Promise<void> {
    if (!this.definition.timeouts.has(name)) {
      throw new Error(`Saga ${this.definition.name} sets the timer "${name}" but has no @OnTimeout('${name}') method.`);
    }
    const token = randomUUID();
    this.row.timers[name] = token;
    const payload = { saga: this.definition.name, key: this.row.key, timer: name, token };
    delay(this.tx, sagaTimeout(this.module), payload, durationOf(after));
  }

  cancelTimeout(name: string): void {
    delete this.row.timers[name];
  }

  abort(reason: string): void {
    if (this.row.pivoted) throw new Error(`Saga ${this.definition.name} cannot abort after its pivot.`);
    this.row.reason = reason;
    this.aborted = true;
  }

  pivot(): void {
    this.row.pivoted = true;
    this.row.compensations = [];
  }

  complete(): void {
    this.row.status = 'completed';
    this.row.timers = {};
  }
}

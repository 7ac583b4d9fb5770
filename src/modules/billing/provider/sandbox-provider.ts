import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import pg from 'pg';
import { Runtime } from '#kernel/runtime';
import {
  type AuthorisationRequest,
  PaymentProvider,
  type ProviderAnswer,
  type ProviderRequest,
} from '../domain/payment-provider.js';
import declaration from '../module.json' with { type: 'json' };

const DECLINED = new Map([['tok_declined', 'card-declined']]);
const APPROVED = new Set(['tok_ok', 'tok_timeout']);
/** Authorised in the provider's books, but the answer never gets out: the worst that can happen to a caller. */
const SILENT = 'tok_timeout';

/**
 * A provider for trying things out: the token decides what becomes of a payment. It stands for another company, so
 * its books are kept over a connection of its own, apart from any transaction of ours.
 */
@Injectable()
export class SandboxProvider extends PaymentProvider implements OnApplicationShutdown {
  private readonly books: pg.Pool;

  constructor(runtime: Runtime) {
    super();
    this.books = new pg.Pool({
      connectionString: runtime.urlOf(declaration.name),
      application_name: 'sandbox payment provider',
      // Not waiting for the disk here is safe: what billing commits upon an answer comes later in the same log.
      options: `-c search_path=${declaration.schema} -c synchronous_commit=off`,
      max: 1,
    });
    // An idle connection that is lost is replaced at the next call.
    this.books.on('error', () => undefined);
  }

  async wouldAccept(token: string, signal: AbortSignal): Promise<boolean> {
    return token === SILENT ? silence(signal) : APPROVED.has(token);
  }

  async authorise(
    { idempotencyKey, amount, token }: AuthorisationRequest,
    signal: AbortSignal,
  ): Promise<ProviderAnswer> {
    const refusal = APPROVED.has(token) ? null : (DECLINED.get(token) ?? 'unknown-token');
    const { rows } = await this.books.query(
      `insert into sandbox_payment (idempotency_key, amount, currency, state, reason) values ($1, $2, $3, $4, $5)
       on conflict (idempotency_key) do update set idempotency_key = excluded.idempotency_key
       returning state, reason`,
      [idempotencyKey, amount.amount, amount.currency, refusal === null ? 'authorised' : 'declined', refusal],
    );
    if (token === SILENT) await silence(signal);
    const { state, reason } = rows[0];
    if (state === 'declined') return { kind: 'declined', reason };
    if (state === 'voided') return { kind: 'declined', reason: 'voided' };
    return { kind: 'authorised', providerReference: `sandbox-${idempotencyKey}` };
  }

  async capture({ idempotencyKey }: ProviderRequest): Promise<ProviderAnswer> {
    const done = await this.move(idempotencyKey, 'authorised', 'captured');
    return done ? { kind: 'captured' } : { kind: 'declined', reason: 'not-authorised' };
  }

  async refund({ idempotencyKey }: ProviderRequest): Promise<ProviderAnswer> {
    const done = await this.move(idempotencyKey, 'captured', 'refunded');
    return done ? { kind: 'refunded' } : { kind: 'declined', reason: 'not-captured' };
  }

  async void({ idempotencyKey, amount }: ProviderRequest): Promise<ProviderAnswer> {
    const { rows } = await this.books.query(
      `insert into sandbox_payment as known (idempotency_key, amount, currency, state) values ($1, $2, $3, 'voided')
       on conflict (idempotency_key) do update
         set state = case known.state when 'authorised' then 'voided' else known.state end
       returning state`,
      [idempotencyKey, amount.amount, amount.currency],
    );
    return { kind: rows[0].state === 'captured' ? 'captured' : 'voided' };
  }

  async onApplicationShutdown(): Promise<void> {
    await this.books.end();
  }

  /** Answers whether it stands at `to` now, moved by this call or by an earlier one. */
  private async move(idempotencyKey: string, from: string, to: string): Promise<boolean> {
    const { rowCount } = await this.books.query(
      'update sandbox_payment set state = $3 where idempotency_key = $1 and state in ($2, $3)',
      [idempotencyKey, from, to],
    );
    return rowCount === 1;
  }
}

function silence(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
}

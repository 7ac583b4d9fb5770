import { DomainError } from '#kernel/contract/domain-error';
import { type Money, money } from '#kernel/contract/money';
import type { ProviderAnswer } from './payment-provider.js';

/** What the provider has confirmed; `pending` until its first answer. */
export type PaymentStatus = 'pending' | 'authorised' | 'declined' | 'captured' | 'voided' | 'refunded';

/** What is to be achieved: what we were told, or `abandoned` when the provider did not say whether it authorises. */
export type PaymentGoal = 'authorised' | 'captured' | 'reversed' | 'abandoned';

/** What to ask of the provider next. */
export type Instruction = 'authorise' | 'capture' | 'void' | 'refund';

/** What there is to tell whoever gave the commands. */
export type PaymentFact = 'authorised' | 'declined' | 'captured' | 'reversed';

/** An authorisation that was asked this often without an answer is given up. */
export const AUTHORISATION_TRIES = 3;
export const PROVIDER_TIMEOUT = 'provider-timeout';
export const REVERSED = 'reversed';
export const NOT_REQUESTED = 'not-requested';

/** The one currency that accounts are kept in. */
export const ACCOUNT_CURRENCY = 'GBP';

const LONGEST_PAUSE = 60_000;

/** The wait after a try without an answer, in milliseconds: 1 s, 2 s, 4 s, … */
function pauseAfter(tries: number): number {
  return Math.min(1_000 * 2 ** (tries - 1), LONGEST_PAUSE);
}

const INSTRUCTIONS: Record<PaymentGoal, Partial<Record<PaymentStatus, Instruction>>> = {
  authorised: { pending: 'authorise' },
  captured: { pending: 'authorise', authorised: 'capture' },
  reversed: { pending: 'void', authorised: 'void', captured: 'refund' },
  abandoned: { pending: 'void', authorised: 'void' },
};

const TRANSITIONS: Record<ProviderAnswer['kind'], Partial<Record<PaymentStatus, PaymentStatus>>> = {
  authorised: { pending: 'authorised' },
  declined: { pending: 'declined', authorised: 'declined' },
  captured: { authorised: 'captured' },
  voided: { pending: 'voided', authorised: 'voided' },
  refunded: { captured: 'refunded' },
};

/**
 * The money for one reference. Commands set the goal, only the provider's answers move the status:
 *
 *   pending ──authorised──▶ authorised ──captured──▶ captured ──refunded──▶ refunded
 *     │  └────declined────▶ declined ◀──declined──┤
 *     └───────voided──────▶ voided ◀─────voided───┘
 *
 * What to ask next follows from both (INSTRUCTIONS); where nothing follows, the goal is reached or out of reach. A
 * command that comes before the answer to an earlier one therefore only changes the goal, and a late answer to a
 * question that is no longer asked is as welcome as any: an authorisation that arrives after a reversal is voided.
 *
 * A payment that was reversed before it was requested is kept as voided, so that a request that comes after it finds
 * it and does nothing.
 */
export class Payment {
  readonly reference: string;
  /** Null for a guest. */
  readonly customerId: string | null;
  private readonly amount: string;
  private readonly currency: string;
  /** What the provider knows this payment by; null when it was reversed before it was requested. */
  readonly idempotencyKey: string | null;
  status: PaymentStatus = 'pending';
  private goal: PaymentGoal = 'authorised';
  /** Why it was declined, or is about to be. */
  reason: string | null = null;
  /** Kept only as long as it may be needed for another try. */
  private token: string | null;
  providerReference: string | null = null;
  /** How often the provider has left the present instruction without an answer. */
  private tries = 0;
  /** When the provider is to be asked; null while there is nothing to ask. */
  askAt: Date | null;
  /** In whose context the answer is to be told; opaque here. */
  context: unknown = null;
  version = 1;

  constructor(
    details: {
      reference: string;
      customerId: string | null;
      amount: Money;
      token: string | null;
      idempotencyKey: string | null;
    },
    now: Date,
  ) {
    const { amount, currency } = money(details.amount.amount, details.amount.currency);
    this.reference = details.reference;
    this.customerId = details.customerId;
    this.amount = amount;
    this.currency = currency;
    this.token = details.token;
    this.idempotencyKey = details.idempotencyKey;
    this.askAt = now;
  }

  static reversedBeforeRequested(reference: string, now: Date): Payment {
    const amount = money('0', ACCOUNT_CURRENCY);
    const payment = new Payment({ reference, customerId: null, amount, token: null, idempotencyKey: null }, now);
    payment.status = 'voided';
    payment.aimFor('reversed', now);
    return payment;
  }

  get total(): Money {
    return money(this.amount, this.currency);
  }

  get captured(): Money {
    return this.status === 'captured' || this.status === 'refunded' ? this.total : money('0', this.currency);
  }

  get refunded(): Money {
    return this.status === 'refunded' ? this.total : money('0', this.currency);
  }

  get instruction(): Instruction | undefined {
    return INSTRUCTIONS[this.goal][this.status];
  }

  /** What an authorisation is asked with. */
  get cardToken(): string {
    return this.token ?? '';
  }

  /** The request has come again: the answer as far as it stands. */
  requestedAgain(): PaymentFact | undefined {
    return this.factAbout('authorised');
  }

  /** Takes the money as soon as it is authorised. */
  capture(now: Date): PaymentFact | undefined {
    if (this.goal === 'authorised') this.aimFor('captured', now);
    return this.factAbout('captured');
  }

  /** Sees to it that no money is held or kept. */
  reverse(now: Date): PaymentFact | undefined {
    if (this.goal !== 'reversed') this.aimFor('reversed', now);
    return this.factAbout('reversed');
  }

  /** The provider is being asked for what this answers, and not again before `until`, whatever becomes of the asker. */
  beingAsked(until: Date): Instruction | undefined {
    this.askAt = until;
    return this.instruction;
  }

  /** The provider has answered, perhaps late and perhaps twice. An answer that does not fit is as good as none. */
  answered(asked: Instruction, answer: ProviderAnswer, now: Date): PaymentFact | undefined {
    const next = TRANSITIONS[answer.kind][this.status];
    if (next === undefined) return this.unanswered(asked, now);
    // One that was given up ends as declined: so it was told.
    this.status = next === 'voided' && this.reason !== null ? 'declined' : next;
    if (answer.kind === 'declined') this.reason ??= answer.reason;
    if (answer.kind === 'authorised') this.providerReference = answer.providerReference;
    this.token = null;
    this.askNext(now);
    if (this.goal === 'abandoned') return undefined;
    return this.factAbout(answer.kind === 'authorised' && this.goal === 'captured' ? 'authorised' : this.goal);
  }

  /** The provider has not answered when it was asked for this. */
  unanswered(asked: Instruction, now: Date): PaymentFact | undefined {
    // The goal has changed meanwhile, and the next question with it.
    if (asked !== this.instruction) return undefined;
    this.tries += 1;
    this.askAt = new Date(now.getTime() + pauseAfter(this.tries));
    if (asked !== 'authorise' || this.tries < AUTHORISATION_TRIES) return undefined;
    this.reason = PROVIDER_TIMEOUT;
    this.token = null;
    this.aimFor('abandoned', now);
    return 'declined';
  }

  private aimFor(goal: PaymentGoal, now: Date): void {
    this.goal = goal;
    this.askNext(now);
  }

  private askNext(now: Date): void {
    this.tries = 0;
    this.askAt = this.instruction === undefined ? null : now;
  }

  private factAbout(goal: Exclude<PaymentGoal, 'abandoned'>): PaymentFact | undefined {
    const { status } = this;
    if (goal === 'reversed') {
      return status === 'declined' || status === 'voided' || status === 'refunded' ? 'reversed' : undefined;
    }
    if (status === 'declined' || this.goal === 'abandoned' || this.goal === 'reversed') return 'declined';
    if (status === 'captured') return goal;
    return status === goal ? goal : undefined;
  }
}

export function unknownPayment(reference: string): DomainError {
  return new DomainError('not-found', 'unknown-payment', `There is no payment for the order ${reference}.`);
}

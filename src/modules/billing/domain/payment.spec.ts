import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { AUTHORISATION_TRIES, type Instruction, Payment, type PaymentFact } from './payment.js';
import type { ProviderAnswer } from './payment-provider.js';

const NOW = new Date('2026-11-23T12:00:00Z');
const amount = { amount: '12.5', currency: 'GBP' };
const APPROVED: ProviderAnswer = { kind: 'authorised', providerReference: 'p-1' };
const REFUSED: ProviderAnswer = { kind: 'declined', reason: 'card-declined' };
const secondsUntilAsked = ({ askAt }: Payment) => askAt && (askAt.getTime() - NOW.getTime()) / 1_000;

function requested(): Payment {
  return new Payment({ reference: 'r', customerId: null, amount, token: 'tok_ok', idempotencyKey: 'k' }, NOW);
}
function authorised(): Payment {
  const payment = requested();
  payment.answered('authorise', APPROVED, NOW);
  return payment;
}
function captured(): Payment {
  const payment = authorised();
  payment.capture(NOW);
  payment.answered('capture', { kind: 'captured' }, NOW);
  return payment;
}
function abandoned(): Payment {
  const payment = requested();
  for (let tries = 0; tries < AUTHORISATION_TRIES; tries++) payment.unanswered('authorise', NOW);
  return payment;
}

describe('a payment', () => {
  it('is pending, and to be asked about at once, when it is requested', () => {
    expect(requested()).toMatchObject({ status: 'pending', instruction: 'authorise', askAt: NOW });
  });

  it('is authorised when the provider says so, and forgets the token', () => {
    const payment = requested();
    expect(payment.answered('authorise', APPROVED, NOW)).toBe('authorised');
    expect(payment).toMatchObject({ status: 'authorised', providerReference: 'p-1', askAt: null, cardToken: '' });
    expect(payment.instruction).toBeUndefined();
  });

  it('is declined for the reason that the provider gives', () => {
    const payment = requested();
    expect(payment.answered('authorise', REFUSED, NOW)).toBe('declined');
    expect(payment).toMatchObject({ status: 'declined', reason: 'card-declined', askAt: null });
  });

  it('is captured after it was authorised, and shows what was taken', () => {
    const payment = authorised();
    expect(payment.capture(NOW)).toBeUndefined();
    expect(payment).toMatchObject({ status: 'authorised', instruction: 'capture', askAt: NOW });
    expect(payment.captured).toEqual({ amount: '0.00', currency: 'GBP' });
    expect(payment.answered('capture', { kind: 'captured' }, NOW)).toBe('captured');
    expect(payment.captured).toEqual({ amount: '12.50', currency: 'GBP' });
  });

  it('that is to be captured before it is authorised tells both, one after the other', () => {
    const payment = requested();
    expect(payment.capture(NOW)).toBeUndefined();
    expect(payment.answered('authorise', APPROVED, NOW)).toBe('authorised');
    expect(payment.instruction).toBe('capture');
    expect(payment.answered('capture', { kind: 'captured' }, NOW)).toBe('captured');
  });

  it('is declined when the provider takes back its word at the capture', () => {
    const payment = authorised();
    payment.capture(NOW);
    expect(payment.answered('capture', REFUSED, NOW)).toBe('declined');
    expect(payment).toMatchObject({ status: 'declined', reason: 'card-declined', askAt: null });
  });

  it('is voided on reversal when it was authorised', () => {
    const payment = authorised();
    expect(payment.reverse(NOW)).toBeUndefined();
    expect(payment.instruction).toBe('void');
    expect(payment.answered('void', { kind: 'voided' }, NOW)).toBe('reversed');
    expect(payment.status).toBe('voided');
  });

  it('is refunded on reversal when it was captured, and shows what was given back', () => {
    const payment = captured();
    expect(payment.reverse(NOW)).toBeUndefined();
    expect(payment.instruction).toBe('refund');
    expect(payment.answered('refund', { kind: 'refunded' }, NOW)).toBe('reversed');
    expect(payment).toMatchObject({ status: 'refunded', captured: payment.total, refunded: payment.total });
  });

  it('is refunded when the void came too late, because a capture had gone through unnoticed', () => {
    const payment = authorised();
    payment.capture(NOW);
    payment.unanswered('capture', NOW);
    payment.reverse(NOW);
    expect(payment.answered('void', { kind: 'captured' }, NOW)).toBeUndefined();
    expect(payment.instruction).toBe('refund');
  });

  it('is reversed at once when it was declined', () => {
    const payment = requested();
    payment.answered('authorise', REFUSED, NOW);
    expect(payment.reverse(NOW)).toBe('reversed');
    expect(payment).toMatchObject({ status: 'declined', askAt: null });
  });

  it('that was reversed while it was asked for is voided, though the approval still arrives', () => {
    const payment = requested();
    payment.reverse(NOW);
    expect(payment.answered('authorise', APPROVED, NOW)).toBeUndefined();
    expect(payment.instruction).toBe('void');
  });

  it('is never authorised when it was reversed before it was requested', () => {
    const payment = Payment.reversedBeforeRequested('r', NOW);
    expect(payment).toMatchObject({ status: 'voided', askAt: null });
    expect(payment.requestedAgain()).toBe('declined');
    expect(payment.reverse(NOW)).toBe('reversed');
  });

  it('is asked about again after 1 and 2 seconds without an answer, then given up and voided', () => {
    const payment = requested();
    expect(payment.unanswered('authorise', NOW)).toBeUndefined();
    expect(secondsUntilAsked(payment)).toBe(1);
    expect(payment.unanswered('authorise', NOW)).toBeUndefined();
    expect(secondsUntilAsked(payment)).toBe(2);
    expect(payment.unanswered('authorise', NOW)).toBe('declined');
    expect(payment).toMatchObject({ status: 'pending', reason: 'provider-timeout', instruction: 'void', askAt: NOW });
    expect(payment.answered('void', { kind: 'voided' }, NOW)).toBeUndefined();
    expect(payment).toMatchObject({ status: 'declined', reason: 'provider-timeout', askAt: null });
  });

  it('that was given up tells a reversal only when the provider has confirmed that it holds nothing', () => {
    const payment = abandoned();
    expect(payment.reverse(NOW)).toBeUndefined();
    expect(payment.answered('void', { kind: 'voided' }, NOW)).toBe('reversed');
  });

  it('is asked about for ever, at most a minute apart, when money has to be taken or given back', () => {
    const payment = captured();
    payment.reverse(NOW);
    for (let tries = 0; tries < 20; tries++) payment.unanswered('refund', NOW);
    expect(payment.instruction).toBe('refund');
    expect(secondsUntilAsked(payment)).toBe(60);
  });

  it('begins with the shortest wait again for each thing it asks', () => {
    const payment = requested();
    payment.unanswered('authorise', NOW);
    payment.unanswered('authorise', NOW);
    payment.answered('authorise', APPROVED, NOW);
    payment.capture(NOW);
    payment.unanswered('capture', NOW);
    expect(secondsUntilAsked(payment)).toBe(1);
  });

  it('asks again later when the provider refuses to give money back', () => {
    const payment = captured();
    payment.reverse(NOW);
    expect(payment.answered('refund', { kind: 'declined', reason: 'no-funds' }, NOW)).toBeUndefined();
    expect(payment).toMatchObject({ status: 'captured', instruction: 'refund', reason: null });
    expect(secondsUntilAsked(payment)).toBe(1);
  });

  const again: [string, Payment, PaymentFact | undefined, PaymentFact | undefined][] = [
    ['pending', requested(), undefined, undefined],
    ['authorised', authorised(), 'authorised', undefined],
    ['captured', captured(), 'authorised', 'captured'],
    ['given up', abandoned(), 'declined', 'declined'],
    ['reversed', Payment.reversedBeforeRequested('r', NOW), 'declined', 'declined'],
  ];
  it.each(again)('that is %s answers a repeated command the same again', (_, payment, toRequest, toCapture) => {
    expect(payment.requestedAgain()).toBe(toRequest);
    expect(payment.capture(NOW)).toBe(toCapture);
  });
});

/** A provider that does as it is told, once, whether or not anybody hears of it. */
class Bank {
  state: 'nothing' | 'authorised' | 'declined' | 'captured' | 'voided' | 'refunded' = 'nothing';

  constructor(private readonly approves: boolean) {}

  do(instruction: Instruction): ProviderAnswer {
    return this[instruction]();
  }

  private authorise(): ProviderAnswer {
    if (this.state === 'nothing') this.state = this.approves ? 'authorised' : 'declined';
    return this.state === 'declined' || this.state === 'voided' ? REFUSED : APPROVED;
  }

  private capture(): ProviderAnswer {
    if (this.state === 'authorised') this.state = 'captured';
    return this.state === 'captured' ? { kind: 'captured' } : REFUSED;
  }

  private void(): ProviderAnswer {
    if (this.state === 'nothing' || this.state === 'authorised') this.state = 'voided';
    return { kind: this.state === 'captured' ? 'captured' : 'voided' };
  }

  private refund(): ProviderAnswer {
    if (this.state === 'captured') this.state = 'refunded';
    return this.state === 'refunded' ? { kind: 'refunded' } : REFUSED;
  }
}

/**
 * What may happen to a payment, in any order: commands, and questions that are answered, are lost on the way there or
 * back, or are answered only after other things have happened.
 */
const happenings = fc.array(
  fc.constantFrom('request', 'capture', 'reverse', 'answered', 'lost', 'answer lost', 'answered late', 'arrives'),
  { maxLength: 25 },
);

describe('whatever is lost on the way to the provider, a payment', () => {
  it('ends with the provider holding what was told, and no other money', () => {
    fc.assert(
      fc.property(fc.boolean(), happenings, (approves, story) => {
        const bank = new Bank(approves);
        const payment = requested();
        const told: PaymentFact[] = [];
        const tell = (fact: PaymentFact | undefined) => fact && told.push(fact);
        const late: (() => PaymentFact | undefined)[] = [];
        const ask = (deliver: (asked: Instruction, answer: ProviderAnswer) => void) => {
          const { instruction } = payment;
          if (instruction) deliver(instruction, bank.do(instruction));
        };
        const happen: Record<string, () => void> = {
          request: () => tell(payment.requestedAgain()),
          capture: () => tell(payment.capture(NOW)),
          reverse: () => tell(payment.reverse(NOW)),
          answered: () => ask((asked, answer) => tell(payment.answered(asked, answer, NOW))),
          lost: () => payment.instruction && tell(payment.unanswered(payment.instruction, NOW)),
          'answer lost': () => ask((asked) => tell(payment.unanswered(asked, NOW))),
          'answered late': () => ask((asked, answer) => late.push(() => payment.answered(asked, answer, NOW))),
          arrives: () => tell(late.shift()?.()),
        };
        for (const happening of story) happen[happening]?.();
        for (let questions = 0; payment.askAt !== null; questions++) {
          expect(questions).toBeLessThan(5);
          happen.answered?.();
        }
        while (late.length > 0) happen.arrives?.();

        expect(payment.askAt).toBeNull();
        const holdsNothing = ['nothing', 'declined', 'voided', 'refunded'].includes(bank.state);
        if (story.includes('reverse')) expect([told.includes('reversed'), holdsNothing]).toEqual([true, true]);
        else if (told.includes('declined')) expect([told.includes('captured'), holdsNothing]).toEqual([false, true]);
        else expect(bank.state).toBe(story.includes('capture') ? 'captured' : 'authorised');
        const afterwards = told.slice(told.indexOf('reversed'));
        if (told.includes('reversed')) expect(afterwards).not.toContain('captured');
        expect(payment.captured.amount !== '0.00').toBe(bank.state === 'captured' || bank.state === 'refunded');
      }),
      { numRuns: 2_000 },
    );
  });
});

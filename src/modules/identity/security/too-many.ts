import type { RateLimiterRes } from 'rate-limiter-flexible';
import { DomainError } from '#kernel/contract/domain-error';

export function tooMany(what: 'sign-ins' | 'registrations', { msBeforeNext }: RateLimiterRes): DomainError {
  const retryAfterSeconds = Math.max(1, Math.ceil(msBeforeNext / 1000));
  const message = `Too many ${what} were tried. Try again in ${retryAfterSeconds} seconds.`;
  return new DomainError('too-many', `too-many-${what}`, message, { retryAfterSeconds });
}

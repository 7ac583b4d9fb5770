import { DomainError } from '#kernel/contract/domain-error';

export const STAFF_ROLES = ['sales', 'admin'] as const;
export type Role = 'customer' | (typeof STAFF_ROLES)[number];

/** One who can sign in, customer or staff, known by an e-mail address that nobody else has. */
export class Account {
  readonly id: string;
  readonly email: string;
  readonly name: string;
  roles: Role[];
  passwordHash: string;

  constructor(details: { id: string; email: string; name: string; roles: readonly Role[]; passwordHash: string }) {
    this.id = details.id;
    this.email = sameEmail(details.email);
    this.name = details.name.trim();
    this.roles = [...new Set(details.roles)];
    this.passwordHash = details.passwordHash;
  }

  /** What a token says of the account: an administrator may do all that sales may. */
  get grants(): Role[] {
    return this.isAdmin ? [...new Set<Role>([...this.roles, 'sales'])] : this.roles;
  }

  get isAdmin(): boolean {
    return this.roles.includes('admin');
  }

  /** The password comes with the office: whoever had opened the account before must not get in with theirs. */
  appointAdmin(passwordHash: string): void {
    if (!this.isAdmin) this.roles = [...this.roles, 'admin'];
    this.passwordHash = passwordHash;
  }
}

/** The one spelling of an address: case distinguishes nobody, whatever RFC 5321 allows a mail server to do. */
export function sameEmail(email: string): string {
  return email.trim().toLowerCase();
}

export function emailTaken(): DomainError {
  const message = 'There is an account with this e-mail address already: sign in, or take another address.';
  return new DomainError('conflict', 'email-taken', message, { errors: [{ field: 'email', message }] });
}

/** One answer for an unknown address and a wrong password, so that nobody learns who has an account. */
export function wrongCredentials(): DomainError {
  return new DomainError('unauthorized', 'wrong-credentials', 'The e-mail address or the password is wrong.');
}

export function unknownAccount(): DomainError {
  return new DomainError('unauthorized', 'unauthorized', 'The token names no account of this shop: sign in again.');
}

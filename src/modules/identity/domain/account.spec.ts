import { describe, expect, it } from '@jest/globals';
import { Account, type Role } from './account.js';

const accountWith = (roles: Role[]) =>
  new Account({ id: 'a', email: ' Ada@Example.ORG ', name: ' Ada ', roles, passwordHash: 'old' });

describe('an account', () => {
  it('has one spelling of its address, and a name without blanks around it', () => {
    expect(accountWith(['customer'])).toMatchObject({ email: 'ada@example.org', name: 'Ada' });
  });

  it('has each role once', () => {
    expect(accountWith(['sales', 'sales']).roles).toEqual(['sales']);
  });

  it.each<[Role[], Role[]]>([
    [['customer'], ['customer']],
    [['sales'], ['sales']],
    [['admin'], ['admin', 'sales']],
    [
      ['sales', 'admin'],
      ['sales', 'admin'],
    ],
  ])('of the roles %j is granted %j', (roles, grants) => {
    expect(accountWith(roles).grants).toEqual(grants);
  });

  it('that is appointed administrator keeps its roles, and takes the new password', () => {
    const account = accountWith(['customer']);
    account.appointAdmin('new');
    account.appointAdmin('newer');
    expect(account).toMatchObject({ roles: ['customer', 'admin'], passwordHash: 'newer' });
  });
});

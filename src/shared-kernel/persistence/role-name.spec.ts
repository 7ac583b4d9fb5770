import { describe, expect, it } from '@jest/globals';
import { ownerRoleName, roleName } from './role-name.js';

describe('the name of a role', () => {
  it('is the database and the module', () => {
    expect(roleName('shop', 'orders')).toBe('shop_orders');
    expect(ownerRoleName('shop')).toBe('shop_owner');
  });

  it('takes all of the 63 bytes that PostgreSQL keeps of a name', () => {
    expect(roleName('d'.repeat(56), 'orders')).toBe(`${'d'.repeat(56)}_orders`);
  });

  it('stays within 63 bytes, never ending in half a character', () => {
    for (const database of ['d'.repeat(57), 'd'.repeat(63), 'ü'.repeat(31), `d${'ü'.repeat(31)}`, '🚢'.repeat(15)]) {
      const name = roleName(database, 'orders');
      expect(Buffer.byteLength(name)).toBeLessThanOrEqual(63);
      expect(name).not.toContain('\uFFFD');
      expect(Buffer.from(name).toString()).toBe(name);
    }
  });

  it('differs by module and by database where it is shortened, and is the same every time', () => {
    const database = 'd'.repeat(63);
    const names = [
      roleName(database, 'orders'),
      roleName(database, 'billing'),
      roleName(`${'d'.repeat(62)}e`, 'orders'),
    ];
    expect(new Set(names).size).toBe(3);
    expect(roleName(database, 'orders')).toBe(names[0]);
  });

  it('does not begin with pg_, which PostgreSQL keeps for itself', () => {
    expect(roleName('pg_shop', 'orders')).toBe('_pg_shop_orders');
  });
});

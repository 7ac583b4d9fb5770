import { describe, expect, it } from '@jest/globals';
import { DatabaseNotUsable } from '../database-not-usable.js';
import { refuseUnusable, type Server } from './check-server.js';

const usable: Server = {
  version: '15.0',
  versionNumber: 150_000,
  cluster: '7000000000000000000',
  database: 'shop',
  user: 'admin',
  inRecovery: false,
  readOnly: false,
  superuser: true,
  createRole: true,
  grantsCreate: true,
  grantsConnect: true,
  publicIsOpen: false,
  mayClosePublic: true,
};

function refusal(found: Partial<Server>): { message: string; mend: string } {
  try {
    refuseUnusable({ ...usable, ...found });
  } catch (error) {
    if (error instanceof DatabaseNotUsable) return error;
  }
  throw new Error('was not refused');
}

describe('a server', () => {
  it('is taken from PostgreSQL 15 on', () => {
    expect(() => refuseUnusable(usable)).not.toThrow();
  });

  it('is refused when it is older, by its version', () => {
    const { message, mend } = refusal({ version: '14.23', versionNumber: 140_023 });
    expect(message).toBe('The server is PostgreSQL 14.23; Seamline needs 15 or newer.');
    expect(mend).toContain('Upgrade it');
  });

  it('is refused as a hot standby', () => {
    expect(refusal({ inRecovery: true, readOnly: true })).toMatchObject({
      message: expect.stringContaining('hot standby'),
      mend: 'Name the primary in DATABASE_URL.',
    });
  });

  it('is refused when it only lets us read', () => {
    expect(refusal({ readOnly: true }).message).toContain('Database "shop" is read-only for user "admin"');
  });
});

import { describe, expect, it } from '@jest/globals';
import { readSettings, SettingsError } from './settings.js';

const PASSWORD = 'correct horse battery';

/** The lines about what is wrong. */
function complaintsAbout(env: Record<string, string>): readonly string[] {
  try {
    readSettings(env);
  } catch (error) {
    if (error instanceof SettingsError) return error.wrong;
    throw error;
  }
  return [];
}

describe('settings', () => {
  it('has a default for everything', () => {
    expect(readSettings({})).toEqual({
      databaseUrl: undefined,
      port: 3000,
      host: '127.0.0.1',
      home: undefined,
      admin: undefined,
      logLevel: 'info',
      connectionBudget: 24,
      identityJwksUrl: undefined,
      moduleDatabaseUrls: {},
    });
  });

  it('takes what the environment says', () => {
    const settings = readSettings({
      DATABASE_URL: 'postgresql://me:secret@db.example/shop',
      PORT: '0',
      HOST: '::1',
      SEAMLINE_HOME: '/srv/shop',
      SEAMLINE_ADMIN_EMAIL: 'ada@example.org',
      SEAMLINE_ADMIN_PASSWORD: PASSWORD,
      LOG_LEVEL: 'warn',
      CONNECTION_BUDGET: '18',
      IDENTITY_JWKS_URL: 'https://shop.example/.well-known/jwks.json',
      ORDERS_DATABASE_URL: 'postgres://orders:secret@db.example/shop',
    });
    expect(settings).toEqual({
      databaseUrl: 'postgresql://me:secret@db.example/shop',
      port: 0,
      host: '::1',
      home: '/srv/shop',
      admin: { email: 'ada@example.org', password: PASSWORD },
      logLevel: 'warn',
      connectionBudget: 18,
      identityJwksUrl: 'https://shop.example/.well-known/jwks.json',
      moduleDatabaseUrls: { orders: 'postgres://orders:secret@db.example/shop' },
    });
  });

  it('counts an empty value as not set', () => {
    expect(readSettings({ PORT: '', DATABASE_URL: ' ', SEAMLINE_ADMIN_EMAIL: '' })).toEqual(readSettings({}));
  });

  it('lists every wrong setting at once, with its value and what it must be', () => {
    expect(complaintsAbout({ PORT: '65536', LOG_LEVEL: 'loud', CONNECTION_BUDGET: '17', HOST: 'no host' })).toEqual([
      'PORT is "65536", but must be a whole number from 0 to 65535',
      'HOST is "no host", but must be an address or a host name, such as 127.0.0.1 or 0.0.0.0',
      'LOG_LEVEL is "loud", but must be one of fatal, error, warn, info, debug, trace, silent',
      'CONNECTION_BUDGET is "17", but must be a whole number from 18 to 1000',
    ]);
  });

  it.each(['0x10', '1e3', '-1', '3000.5', 'http'])('refuses PORT=%s', (PORT) => {
    expect(complaintsAbout({ PORT })).toHaveLength(1);
  });

  it('shows no value that may hold a secret', () => {
    const complaints = complaintsAbout({
      DATABASE_URL: 'mysql://root:hunter2@db.example/shop',
      BILLING_DATABASE_URL: 'hunter2',
      SEAMLINE_ADMIN_EMAIL: 'ada@example.org',
      SEAMLINE_ADMIN_PASSWORD: 'hunter2',
    });
    expect(complaints).toEqual([
      'DATABASE_URL must be a URL that starts with postgres:// or postgresql://',
      'SEAMLINE_ADMIN_PASSWORD must have at least 12 characters',
      'BILLING_DATABASE_URL must be a URL that starts with postgres:// or postgresql://',
    ]);
  });

  it.each([
    ['SEAMLINE_ADMIN_PASSWORD', { SEAMLINE_ADMIN_EMAIL: 'ada@example.org' }],
    ['SEAMLINE_ADMIN_EMAIL', { SEAMLINE_ADMIN_PASSWORD: PASSWORD }],
  ])('wants %s when only its counterpart is set, beside all other complaints', (missing, env) => {
    expect(complaintsAbout({ ...env, LOG_LEVEL: 'loud' })).toEqual([
      expect.stringMatching(/^LOG_LEVEL is "loud"/),
      expect.stringMatching(new RegExp(`^${missing} must be set too`)),
    ]);
  });
});

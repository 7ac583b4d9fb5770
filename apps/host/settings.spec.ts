import { describe, expect, it } from '@jest/globals';
import { type Demands, readSettings, SettingsError } from './settings.js';

const PASSWORD = 'correct horse battery';
const SECRET = 'a secret of 32 characters, or more';
const MODULES = ['identity', 'catalog', 'inventory', 'orders', 'billing', 'back-office'];

/** The lines about what is wrong. */
function complaintsAbout(env: Record<string, string>, demands?: Demands): readonly string[] {
  try {
    readSettings(env, MODULES, demands);
  } catch (error) {
    if (error instanceof SettingsError) return error.wrong;
    throw error;
  }
  return [];
}

describe('settings', () => {
  it('has a default for everything', () => {
    expect(readSettings({}, MODULES)).toEqual({
      databaseUrl: undefined,
      port: 3000,
      host: '127.0.0.1',
      home: undefined,
      admin: undefined,
      logLevel: 'info',
      connectionBudget: 24,
      identityJwksUrl: undefined,
      moduleDatabaseUrls: {},
      secret: undefined,
      wire: { port: undefined, host: '127.0.0.1', tls: undefined },
      brokers: {},
    });
  });

  it('takes what the environment says', () => {
    const env = {
      DATABASE_URL: 'postgresql://me:secret@db.example/shop',
      PORT: '0',
      HOST: '::1',
      SEAMLINE_HOME: '/srv/shop',
      SEAMLINE_ADMIN_EMAIL: 'ada@example.org',
      SEAMLINE_ADMIN_PASSWORD: PASSWORD,
      LOG_LEVEL: 'warn',
      CONNECTION_BUDGET: '18',
      IDENTITY_JWKS_URL: 'https://shop.example/.well-known/jwks.json',
      BACK_OFFICE_DATABASE_URL: 'postgres://office:secret@db.example/shop',
      SEAMLINE_SECRET: SECRET,
      WIRE_PORT: '4000',
      WIRE_HOST: '10.0.0.1',
      WIRE_TLS_CERT: 'app.crt',
      WIRE_TLS_KEY: 'app.key',
      WIRE_TLS_CA: 'ca.crt',
      REDIS_URL: 'rediss://redis.example',
      REDIS_CA: 'redis.crt',
      AMQP_URL: '',
      NATS_URL: 'nats://nats.example',
      LEGACY_DATABASE_URL: 'of some other program',
    };
    expect(readSettings(env, MODULES)).toEqual({
      databaseUrl: 'postgresql://me:secret@db.example/shop',
      port: 0,
      host: '::1',
      home: '/srv/shop',
      admin: { email: 'ada@example.org', password: PASSWORD },
      logLevel: 'warn',
      connectionBudget: 18,
      identityJwksUrl: 'https://shop.example/.well-known/jwks.json',
      moduleDatabaseUrls: { 'back-office': 'postgres://office:secret@db.example/shop' },
      secret: SECRET,
      wire: { port: 4000, host: '10.0.0.1', tls: { cert: 'app.crt', key: 'app.key', ca: 'ca.crt' } },
      brokers: { REDIS_URL: 'rediss://redis.example', REDIS_CA: 'redis.crt', NATS_URL: 'nats://nats.example' },
    });
  });

  it('counts an empty value as not set', () => {
    const empty = { PORT: '', DATABASE_URL: ' ', SEAMLINE_ADMIN_EMAIL: '', BILLING_DATABASE_URL: '' };
    expect(readSettings(empty, MODULES)).toEqual(readSettings({}, MODULES));
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
      SEAMLINE_SECRET: 'hunter2',
    });
    expect(complaints).toEqual([
      'DATABASE_URL must be a URL that starts with postgres:// or postgresql://',
      'SEAMLINE_ADMIN_PASSWORD must have at least 12 characters',
      'SEAMLINE_SECRET must have at least 32 characters',
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

  it('wants all files of TLS, or none', () => {
    expect(complaintsAbout({ WIRE_TLS_CERT: 'app.crt', WIRE_TLS_CA: 'ca.crt' })).toEqual([
      'WIRE_TLS_KEY must be set too, because WIRE_TLS_CERT and WIRE_TLS_CA are',
    ]);
  });

  describe('of an app among others', () => {
    const demands: Demands = {
      apps: ['monolith', 'stock', 'money'],
      held: 4,
      reached: [
        { app: 'monolith', by: 'direct' },
        { app: 'stock', by: 'bullmq' },
        { app: 'money', by: 'bullmq' },
      ],
    };

    it('must hold the secret and the address of every broker that the topology names', () => {
      expect(complaintsAbout({ LOG_LEVEL: 'loud' }, demands)).toEqual([
        expect.stringMatching(/^LOG_LEVEL is "loud"/),
        expect.stringMatching(
          /^SEAMLINE_SECRET must be set, because there are 3 apps \(monolith, stock, money\), .*--topology FILE/,
        ),
        'REDIS_URL must be set, because the topology has messages reach stock, money by bullmq',
      ]);
      expect(complaintsAbout({ SEAMLINE_SECRET: SECRET, REDIS_URL: 'redis://127.0.0.1' }, demands)).toEqual([]);
    });

    it('need none of them where it is the only one', () => {
      expect(complaintsAbout({}, { ...demands, apps: ['monolith'] })).toEqual([]);
    });

    it('need connections for its own modules only', () => {
      expect(complaintsAbout({ CONNECTION_BUDGET: '11' }, { ...demands, apps: ['monolith'] })).toEqual([
        'CONNECTION_BUDGET is "11", but must be a whole number from 12 to 1000',
      ]);
    });
  });
});

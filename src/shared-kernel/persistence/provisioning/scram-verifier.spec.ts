import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { createEmptyDatabase, type EmptyDatabase } from '#test/test-database';
import { scramVerifier } from './scram-verifier.js';

describe('the form of a password that is sent to the server', () => {
  let database: EmptyDatabase;
  let client: pg.Client;

  beforeAll(async () => {
    database = await createEmptyDatabase();
    client = new pg.Client({ connectionString: database.databaseUrl });
    await client.connect();
  });
  afterAll(async () => {
    await client.end();
    await database.drop();
  });

  it('is what PostgreSQL itself makes of the password', async () => {
    const role = `${database.name}_role`;
    await client.query(`SET password_encryption = 'scram-sha-256'`);
    await client.query(`CREATE ROLE ${role} PASSWORD 'pencil'`);
    const { rows } = await client.query('SELECT rolpassword FROM pg_authid WHERE rolname = $1', [role]);
    const made: string = rows[0].rolpassword;
    const salt = /^SCRAM-SHA-256\$4096:([^$]+)\$/.exec(made)?.[1] as string;
    expect(scramVerifier('pencil', Buffer.from(salt, 'base64'))).toBe(made);
  });

  it('is another one each time', () => {
    expect(scramVerifier('pencil')).not.toBe(scramVerifier('pencil'));
  });
});

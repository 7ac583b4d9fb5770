import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { type FirstAdmin, withFirstAdmin } from './first-admin.js';
import { readSite } from './site.js';

describe('the first administrator', () => {
  let home: string;
  let said: string[];
  let told: FirstAdmin | undefined;

  beforeEach(async () => {
    home = await mkdtemp(join(tmpdir(), 'seamline-test-'));
    said = [];
    told = undefined;
  });
  afterEach(() => rm(home, { recursive: true }));

  const boot = (made: boolean) =>
    withFirstAdmin({ site: readSite({}), databaseUrl: '', home, say: (line) => said.push(line) }, async (admin) => {
      told = admin;
      if (made) admin.made();
    });
  const file = () => join(home, 'admin.json');

  it('is generated, kept for its owner only and said once', async () => {
    await boot(true);
    expect(JSON.parse(await readFile(file(), 'utf8'))).toEqual({ email: told?.email, password: told?.password });
    expect((await stat(file())).mode & 0o777).toBe(0o600);
    const password = told?.password;
    expect(said).toEqual([expect.stringContaining(password as string)]);

    await boot(false);
    expect(told?.password).toBe(password);
    expect(said).toHaveLength(1);
  });

  it('is the one that another instance is just about to write down', async () => {
    const draft = `${file()}.new`;
    const theirs = { email: 'admin@seamline.example', password: 'long enough for anyone' };
    await writeFile(draft, '');
    const booted = expect(boot(false)).resolves.toBeUndefined();
    await sleep(100);
    await writeFile(draft, JSON.stringify(theirs));
    await booted;
    expect(told).toMatchObject(theirs);
  });

  it('leaves no file where another one was there before', async () => {
    await boot(false);
    expect(await readdir(home)).toEqual([]);
  });

  it.each([
    ['is no JSON', '{'],
    ['is no object', '[]'],
    ['has no password', '{ "email": "admin@seamline.example" }'],
    ['has a password that nobody may have', '{ "email": "admin@seamline.example", "password": "tiny-secret" }'],
    ['has an address that is none', '{ "email": "admin", "password": "long enough for anyone" }'],
  ])('is not taken from a file that %s, which says how to mend it', async (_what, content) => {
    await writeFile(file(), content);
    const refusal = await boot(true).catch((error) => error);
    expect(refusal.message).toContain(`${file()} `);
    expect(refusal.mend).toContain('Delete it');
    expect(refusal.message).not.toContain('tiny-secret');
    expect(told).toBeUndefined();
    expect(await readFile(file(), 'utf8')).toBe(content);
  });
});

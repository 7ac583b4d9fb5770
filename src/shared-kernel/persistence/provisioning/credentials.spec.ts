import { mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { DatabaseNotUsable } from '../database-not-usable.js';
import { keepPasswords, readPasswords } from './credentials.js';

describe('the file of passwords', () => {
  let folder: string;
  let file: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'seamline-credentials-'));
    file = join(folder, 'home', 'credentials.json');
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  it('knows nothing before it exists', async () => {
    expect(await readPasswords(file, 'shop')).toEqual({});
  });

  it('keeps a password of 32 random bytes for each role', async () => {
    const kept = await keepPasswords(file, 'shop', ['a', 'b']);
    expect(kept).toEqual({ a: expect.stringMatching(/^[\w-]{43}$/), b: expect.stringMatching(/^[\w-]{43}$/) });
    expect(kept.a).not.toBe(kept.b);
    expect(await readPasswords(file, 'shop')).toEqual(kept);
  });

  it('can be read by its user alone', async () => {
    await keepPasswords(file, 'shop', ['a']);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect((await stat(join(folder, 'home'))).mode & 0o777).toBe(0o700);
  });

  it('is made private again when it was opened to others', async () => {
    await writeFile(join(folder, 'open.json'), '{}', { mode: 0o644 });
    await keepPasswords(join(folder, 'open.json'), 'shop', ['a']);
    expect((await stat(join(folder, 'open.json'))).mode & 0o777).toBe(0o600);
  });

  it('does not change a password that it knows', async () => {
    const first = await keepPasswords(file, 'shop', ['a']);
    expect(await keepPasswords(file, 'shop', ['a', 'b'])).toMatchObject(first);
  });

  it('loses nothing when many databases write to it at once', async () => {
    const databases = Array.from({ length: 20 }, (_, number) => `shop${number}`);
    const kept = await Promise.all(databases.map((database) => keepPasswords(file, database, ['a'])));
    expect(await Promise.all(databases.map((database) => readPasswords(file, database)))).toEqual(kept);
    expect(await readdir(join(folder, 'home'))).toEqual(['credentials.json']);
  });

  it('is written although a process that died left its lock behind', async () => {
    await keepPasswords(file, 'shop', ['a']);
    await writeFile(`${file}.lock`, '');
    await utimes(`${file}.lock`, new Date(0), new Date(0));
    expect(Object.keys(await keepPasswords(file, 'shop', ['b']))).toEqual(['a', 'b']);
  });

  it.each(['not json, secret', '{"shop": {"a": 7}}', '[]'])(
    'is left alone when it holds something else: %s',
    async (text) => {
      const other = join(folder, 'other.json');
      await writeFile(other, text);
      const failure = await keepPasswords(other, 'shop', ['a']).catch((error) => error);
      expect(failure).toBeInstanceOf(DatabaseNotUsable);
      expect(failure.message).toBe(`The file of database passwords, ${other}, is not one that Seamline wrote.`);
      expect(await readFile(other, 'utf8')).toBe(text);
    },
  );
});

import { type SpawnOptions, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { takeHomeLock } from './home-lock.js';

describe('the lock of a home', () => {
  let home: string;
  const file = () => join(home, 'lock.json');
  const leaveBehind = (holder: { pid: number; identity: string }) =>
    writeFileSync(file(), JSON.stringify({ since: '2026-11-01T10:00:00Z', url: null, ...holder }));
  const deadPid = () =>
    Number(spawnSync(process.execPath, ['-p', 'process.pid'], { env: {}, encoding: 'utf8' }).stdout);

  beforeEach(() => {
    home = mkdtempSync(join(tmpdir(), 'seamline-home-'));
  });
  afterEach(() => rmSync(home, { recursive: true, force: true }));

  it('is held by one process, and tells others which, since when and where', () => {
    const lock = takeHomeLock(home);
    expect(() => takeHomeLock(home)).toThrow(`process ${process.pid}, since 2`);
    expect(() => takeHomeLock(home)).toThrow('still starting');
    lock.noteUrl('http://localhost:3000');
    expect(() => takeHomeLock(home)).toThrow('on http://localhost:3000');
  });

  it('is free again when it was released', () => {
    takeHomeLock(home).release();
    expect(existsSync(file())).toBe(false);
    expect(() => takeHomeLock(home)).not.toThrow();
  });

  it('passes on from a dead process', () => {
    leaveBehind({ pid: deadPid(), identity: 'some boot:1' });
    takeHomeLock(home);
    expect(JSON.parse(readFileSync(file(), 'utf8')).pid).toBe(process.pid);
  });

  it('passes on from a dead process whose number another one has now', () => {
    leaveBehind({ pid: process.pid, identity: 'an earlier boot:1' });
    expect(() => takeHomeLock(home)).not.toThrow();
  });

  it('passes on from a crash that left neither holder nor sense in it', () => {
    writeFileSync(file(), '{"pid":');
    expect(() => takeHomeLock(home)).not.toThrow();
  });

  it('passes on from one who died while taking it from a dead process', () => {
    leaveBehind({ pid: deadPid(), identity: 'some boot:1' });
    const dying = `
      const { importTypeScript } = await import(${JSON.stringify(resolve('test/import-typescript.js'))});
      importTypeScript();
      const { takeHomeLock } = await import(${JSON.stringify(resolve('apps/cli/embedded/home-lock.ts'))});
      const { default: fs } = await import('node:fs');
      const { syncBuiltinESMExports } = await import('node:module');
      fs.renameSync = () => process.kill(process.pid, 'SIGKILL');
      syncBuiltinESMExports();
      takeHomeLock(${JSON.stringify(home)});`;
    const { signal } = spawnSync(process.execPath, ['--input-type=module', '-e', dying], { env: {} });
    expect(signal).toBe('SIGKILL');
    expect(JSON.parse(readFileSync(file(), 'utf8')).identity).toBe('some boot:1');
    takeHomeLock(home);
    expect(JSON.parse(readFileSync(file(), 'utf8')).pid).toBe(process.pid);
    expect(readdirSync(home)).toEqual(['lock.json']);
  });

  it('goes to one only, when several find a dead holder', async () => {
    leaveBehind({ pid: deadPid(), identity: 'some boot:1' });
    // They are told the moment when all of them are there, and end when all have answered.
    const script = `
      const { importTypeScript } = await import(${JSON.stringify(resolve('test/import-typescript.js'))});
      importTypeScript();
      const { takeHomeLock } = await import(${JSON.stringify(resolve('apps/cli/embedded/home-lock.ts'))});
      process.on('message', (moment) => {
        while (Date.now() < moment);
        let answer = 'taken';
        try { takeHomeLock(${JSON.stringify(home)}); } catch { answer = 'refused'; }
        process.send(answer);
      });
      process.send('ready');`;
    const options: SpawnOptions = { env: {}, stdio: ['ignore', 'inherit', 'inherit', 'ipc'] };
    const contenders = Array.from({ length: 4 }, () =>
      spawn(process.execPath, ['--input-type=module', '-e', script], options),
    );
    const said = () => Promise.all(contenders.map(async (each) => (await once(each, 'message'))[0]));
    try {
      await said();
      const answers = said();
      const moment = Date.now() + 100;
      for (const each of contenders) each.send(moment);
      expect((await answers).sort()).toEqual(['refused', 'refused', 'refused', 'taken']);
    } finally {
      for (const each of contenders) each.kill('SIGKILL');
    }
  });
});

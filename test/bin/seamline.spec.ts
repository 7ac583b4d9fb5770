import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';

it('ends with 2 where it cannot begin, so that no check is taken for one that found something', () => {
  const root = mkdtempSync(join(tmpdir(), 'seamline-bin-'));
  cpSync('bin', join(root, 'bin'), { recursive: true });
  const { status, stderr } = spawnSync(process.execPath, [join(root, 'bin/seamline.js'), 'check'], {
    encoding: 'utf8',
  });
  rmSync(root, { recursive: true });
  expect(stderr).toMatch(/^package-lock\.json is missing; restore it .*\n$/);
  expect(status).toBe(2);
});

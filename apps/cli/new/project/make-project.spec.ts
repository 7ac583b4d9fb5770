import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { projectRoot } from '../../project-root.js';
import { makeProject } from './make-project.js';
import { sourcesOf } from './sources.js';

/** One that is made is checked, compiled and tested in test/new-project.long.ts. */
describe('a new project', () => {
  let folder: string;

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'seamline-project-'));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('is not made over what is there, or under a name that npm would not take', async () => {
    const taken = join(folder, 'library');
    mkdirSync(taken);
    writeFileSync(join(taken, 'notes.txt'), 'mine');
    await expect(makeProject(taken, {}, () => undefined)).rejects.toThrow('is not empty');
    const free = join(folder, 'free');
    await expect(makeProject(free, { name: 'My Library' }, () => undefined)).rejects.toMatchObject({
      mend: 'Try --name my-library.',
    });
    expect(readdirSync(folder)).toEqual(['library']);
    expect(readdirSync(taken)).toEqual(['notes.txt']);
  });

  it('is not made where nothing can be written', async () => {
    await expect(makeProject('/proc/library', {}, () => undefined)).rejects.toMatchObject({
      name: 'UserError',
      message: expect.stringMatching(/^\/proc cannot be written to \(E\w+\)\.$/),
    });
  });

  it('introduces its API by its own name', () => {
    const files = sourcesOf(projectRoot, '@own/library', 'project');
    expect(files['apps/host/boot.ts']).toContain("title: '@own/library'");
  });

  it('is not made within this one, where each would be checked as a part of the other', async () => {
    const within = join(projectRoot, '.cache', 'my library');
    await expect(makeProject(within, {}, () => undefined)).rejects.toMatchObject({
      message: expect.stringContaining('lies in this project'),
      mend: `Name a folder beside it, such as '${join(dirname(projectRoot), 'my library')}'.`,
    });
    expect(existsSync(within)).toBe(false);
  });
});

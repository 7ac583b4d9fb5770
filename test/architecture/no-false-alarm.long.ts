import { mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { WALLS, type WallName } from '#apps/cli/check/wall';
import { loadWall } from '#apps/cli/check/walls';
import { release } from '#apps/cli/contract/release';
import { generateRepository } from '#apps/cli/new/generate-repository';

/** The first few things that one wall says about a repository: it should say nothing. */
async function violationsOf(name: WallName, root: string): Promise<string[]> {
  const wall = await loadWall(name);
  const violations = await wall.violations(root, { say: () => undefined });
  return violations.slice(0, 10).map(({ rule, file, line, what }) => `${rule}: ${file}:${line} ${what}`);
}

/** That no wall raises one about this project is a matter of each wall's own spec, in test/walls. */
describe('no wall raises a false alarm', () => {
  let generated: string;

  beforeAll(async () => {
    generated = await realpath(await mkdtemp(join(tmpdir(), 'seamline-hundred-')));
    await generateRepository(generated, { modules: 100, filesPerModule: 20 });
    await release(generated);
  });
  afterAll(() => rm(generated, { recursive: true, force: true }));

  it.each(WALLS)('%s: about a hundred modules, some with names of folders and of each other', async (name) => {
    expect(await violationsOf(name, generated)).toEqual([]);
  });
});

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterAll, describe, expect, it } from '@jest/globals';

/** Six kills, one of them a freeze, beside cut connections and a crash of the server; points that are always come to. */
const SHORT = ['--seed', '1268', '--kills', '6', '--minutes', '0.17'];

describe('three processes that share a database, killed and frozen in the middle of their work', () => {
  let torture: ChildProcess | undefined;
  afterAll(() => {
    torture?.kill('SIGTERM');
  });

  it('lose nothing, double nothing and keep every key in order', async () => {
    torture = spawn(
      process.execPath,
      ['--conditions=seamline-src', '--import', './test/torture/hooks.js', 'test/torture/torture.ts', ...SHORT],
      { env: { ...process.env, NODE_OPTIONS: '' }, stdio: ['ignore', 'pipe', 'pipe'] },
    );
    let said = '';
    for (const stream of [torture.stdout, torture.stderr]) stream?.on('data', (chunk) => (said += chunk));
    const [code] = await once(torture, 'close');
    expect({ code, said }).toEqual({ code: 0, said: expect.stringContaining('Nothing lost, nothing doubled') });
  }, 600_000);
});

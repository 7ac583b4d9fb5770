import { describe, it } from '@jest/globals';
import type { Topology } from '#kernel/topology/topology';
import { groundOf, type Missing } from './brokers.js';
import { faultIsolation } from './fault-isolation.js';
import { suite } from './suite.js';
import { startApart, startSystem } from './system.js';
import { BILLING_OUT, TOPOLOGIES } from './topologies.js';

type Settings = Record<string, string>;

/** The same suite on every topology. One whose broker is not there is named, and the run goes on without it. */
for (const [name, topology] of Object.entries<Topology>(TOPOLOGIES))
  await on(name, topology, (settings) => suite(name, async () => startSystem(topology, await settings())));

for (const [name, topology] of Object.entries<Topology>(BILLING_OUT))
  await on(name, topology, (settings) => faultIsolation(async () => startApart(topology, await settings())));

async function on(name: string, topology: Topology, run: (settings: () => Promise<Settings>) => void): Promise<void> {
  const ground = await groundOf(topology);
  describe(name, () => {
    if ('env' in ground) run(() => ground.clear().then(() => ground.env));
    else missing(ground);
  });
}

function missing({ cannot, isFailure }: Missing): void {
  const title = `could not be run: ${cannot}`;
  if (!isFailure) it.skip(title, () => undefined);
  else
    it(title, () => {
      throw new Error(cannot);
    });
}

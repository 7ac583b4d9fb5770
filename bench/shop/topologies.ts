import type { Topology } from '../../src/shared-kernel/topology/topology.js';

const MODULES = ['identity', 'catalog', 'inventory', 'orders', 'billing', 'shipping'];

/** The same six modules, taken apart in three ways; no file of theirs differs. */
export const TOPOLOGIES = {
  'all in one': { transport: 'in-process', apps: { monolith: { modules: MODULES } } },
  'inventory out, direct': {
    transport: 'direct',
    apps: {
      monolith: { modules: MODULES.filter((module) => module !== 'inventory') },
      inventory: { modules: ['inventory'] },
    },
  },
  'six apart behind a gateway, direct': {
    transport: 'direct',
    gateway: 'front',
    apps: {
      front: { modules: [] },
      ...Object.fromEntries(MODULES.map((module) => [module, { modules: [module] }])),
    },
  },
} satisfies Record<string, Topology>;

/** What the others are compared with. */
export const WHOLE = 'all in one' satisfies keyof typeof TOPOLOGIES;

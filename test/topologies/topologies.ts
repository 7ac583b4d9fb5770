import type { Topology } from '#kernel/topology/topology';
import { ALL_BUT_INVENTORY, MODULES } from './sell.js';

/** One app for each module, and one more that holds none and faces the public. */
const apart = {
  gateway: 'front',
  apps: {
    front: { modules: [] },
    ...Object.fromEntries(MODULES.map((module) => [module, { modules: [module] }])),
  },
};

const inventoryOut = (transport: Topology['transport']): Topology => ({
  transport,
  apps: { monolith: { modules: ALL_BUT_INVENTORY }, inventory: { modules: ['inventory'] } },
});

/** Every way of taking the shop apart that is held against the same suite. The modules know nothing of any of them. */
export const TOPOLOGIES = {
  'all in one': { transport: 'in-process', apps: { monolith: { modules: MODULES } } },
  'inventory out, direct': inventoryOut('direct'),
  'inventory out, bullmq': inventoryOut('bullmq'),
  'inventory out, rabbitmq': inventoryOut('rabbitmq'),
  'inventory out, nats': inventoryOut('nats'),
  'billing and shipping out, direct': {
    transport: 'direct',
    apps: {
      monolith: { modules: ['identity', 'catalog', 'inventory', 'orders'] },
      office: { modules: ['billing', 'shipping'] },
    },
  },
  'six apart behind a gateway, direct': { transport: 'direct', ...apart },
  'six apart behind a gateway, bullmq': { transport: 'bullmq', ...apart },
  'two apps, each twice, direct': {
    transport: 'direct',
    apps: {
      monolith: { modules: ['identity', 'catalog', 'orders'], instances: 2 },
      fulfilment: { modules: ['inventory', 'billing', 'shipping'], instances: 2 },
    },
  },
} satisfies Record<string, Topology>;

/** Billing where it can die alone. */
export const BILLING_OUT = {
  'billing out, direct': {
    transport: 'direct',
    apps: {
      monolith: { modules: MODULES.filter((module) => module !== 'billing') },
      billing: { modules: ['billing'] },
    },
  },
  'six apart behind a gateway, direct': TOPOLOGIES['six apart behind a gateway, direct'],
  'six apart behind a gateway, bullmq': TOPOLOGIES['six apart behind a gateway, bullmq'],
} satisfies Record<string, Topology>;

import { z } from 'zod';
import { Topology } from './topology.js';

/** The shape of `topology.json` as JSON Schema, by which an editor completes and checks what is written there. */
export function topologySchema(): object {
  return { title: 'topology.json', ...z.toJSONSchema(Topology, { io: 'input' }) };
}

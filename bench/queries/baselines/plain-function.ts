import type { Stage } from '../../harness/child.js';
import { type Calls, type CallsWork, levelsOf, measureCalls } from '../workload.js';

/** The floor: an asynchronous function that is called. */
export function call({ work }: Stage<CallsWork>): Promise<Calls> {
  return measureCalls(work, async (request) => levelsOf(request));
}

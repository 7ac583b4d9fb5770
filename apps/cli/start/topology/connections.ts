import type { PlannedProcess } from './plan.js';

/** What a module works with when it has one instance and lives with all the others. */
const USUAL_BUDGET = 24;
const LEAST_OF_A_MODULE = 3;
/** For provisioning, migrations, the tools, and whoever looks at the database by hand. */
const KEPT_BACK = 20;
const USUAL_SERVER = 100;

/** How many connections the embedded server must take for these processes. */
export function serverConnections(processes: readonly PlannedProcess[]): number {
  return Math.max(USUAL_SERVER, KEPT_BACK + LEAST_OF_A_MODULE * modulesOf(processes));
}

/** The share of one process, by the number of its modules. */
export function budgetOf({ modules }: PlannedProcess, processes: readonly PlannedProcess[]): number {
  const each = Math.floor((serverConnections(processes) - KEPT_BACK) / Math.max(1, modulesOf(processes)));
  const share = modules * Math.max(LEAST_OF_A_MODULE, each);
  return Math.max(LEAST_OF_A_MODULE * Math.max(1, modules), Math.min(USUAL_BUDGET, share));
}

function modulesOf(processes: readonly PlannedProcess[]): number {
  return processes.reduce((sum, { modules }) => sum + modules, 0);
}

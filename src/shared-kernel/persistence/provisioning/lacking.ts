import type { Server } from './check-server.js';
import type { Passwords } from './credentials.js';
import type { Found, FoundModule, FoundRole } from './inspect.js';
import { type ModuleRole, type Plan, roleComment } from './plan.js';

/** Does all stand as planned, so that there is nothing to do? */
export function stands(server: Server, plan: Plan, found: Found, passwords: Passwords): boolean {
  return (
    !lacksClosedPublic(server) &&
    found.roles.every((role) => !lacksLogin(server, role, passwords) && !lacksOnDatabase(plan, role)) &&
    found.modules.every((module) => !lacksSchema(plan, module) && module.searchPathSet && !overreaches(module))
  );
}

/** Is the role missing, locked, or one whose password is not the one we know? */
export function lacksLogin(server: Server, found: FoundRole, passwords: Passwords): boolean {
  const password = passwords[found.role];
  if (!found.exists || !found.login || password === undefined) return true;
  return found.comment !== roleComment(server.database, found.part, password);
}

export function lacksOnDatabase(plan: Plan, found: FoundRole): boolean {
  return !found.connects || lacksCreate(plan, found);
}

export function lacksCreate(plan: Plan, found: FoundRole): boolean {
  return found.role === plan.owner && !found.creates;
}

export function lacksSchema(plan: Plan, found: FoundModule): boolean {
  return found.schemaOwner !== plan.owner || !found.granted || found.tooOpen;
}

/** Closed where we may close it; where we may not, it is only said. */
export function lacksClosedPublic(server: Server): boolean {
  return server.publicIsOpen && server.mayClosePublic;
}

function overreaches(found: FoundModule): boolean {
  return found.superuser || found.reaches.length > 0;
}

export function lackingSearchPath(plan: Plan, found: Found): ModuleRole[] {
  const set = new Set(found.modules.filter(({ searchPathSet }) => searchPathSet).map(({ name }) => name));
  return plan.modules.filter(({ name }) => !set.has(name));
}

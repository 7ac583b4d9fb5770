import type { Wall, WallName } from './wall.js';

/** The walls, each loaded only when it is asked for: what one of them needs is no matter of the others. */
const WALL: Readonly<Record<WallName, () => Promise<Wall>>> = {
  imports: async () => (await import('./imports/imports-wall.js')).importsWall,
  database: async () => (await import('./database/database-wall.js')).databaseWall,
  contracts: async () => (await import('./contracts/contracts-wall.js')).contractsWall,
  topology: async () => (await import('./topology/topology-wall.js')).topologyWall,
};

export const loadWall = (name: WallName): Promise<Wall> => WALL[name]();

import { WALLS, type WallName } from './wall.js';

/** What this project holds itself to beside the walls, in the order of the table; what --fix mends stands before what reads it. */
export const HOUSEKEEPING = ['format', 'docs', 'types'] as const;
export type HousekeepingName = (typeof HOUSEKEEPING)[number];

/** Everything there is to check, by its name on the command line. */
export const NAMES = [...HOUSEKEEPING, ...WALLS] as const;
export type Name = HousekeepingName | WallName;

export const isWall = (name: Name): name is WallName => WALLS.some((wall) => wall === name);

import { describe } from '@jest/globals';
import { suite } from './suite.js';
import { startSystem } from './system.js';
import { TOPOLOGIES } from './topologies.js';

/** The one topology of several apps that every run of the tests goes through; `npm run test:topologies` takes all. */
const NAME = 'inventory out, direct';

describe(NAME, () => suite(NAME, () => startSystem(TOPOLOGIES[NAME])));

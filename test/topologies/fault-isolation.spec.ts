import { describe } from '@jest/globals';
import { faultIsolation } from './fault-isolation.js';
import { startApart } from './system.js';
import { BILLING_OUT } from './topologies.js';

const NAME = 'billing out, direct';

describe(NAME, () => faultIsolation(() => startApart(BILLING_OUT[NAME])));

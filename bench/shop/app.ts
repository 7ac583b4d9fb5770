// One app of the shop, as `seamline start` runs it. Not by way of bin/seamline.js, which would compile anew whenever a
// source has changed: every round of a bench is to measure the same code.
import { run } from '../../apps/cli/start/run.js';

await run(process.env);

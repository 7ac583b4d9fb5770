import { conformance } from './conformance.js';
import { inProcess } from './in-process.js';

await conformance(inProcess);

import { conformance } from './conformance.js';
import { direct } from './direct.js';

await conformance(direct);

import { checkDocs } from './docs.js';
import type { Check } from './finding.js';
import type { HousekeepingName } from './names.js';
import { checkFormat, checkTypes } from './tools.js';

export const CHECKS: Readonly<Record<HousekeepingName, Check>> = {
  format: checkFormat,
  docs: checkDocs,
  types: checkTypes,
};

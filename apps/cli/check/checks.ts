import { checkArchitecture } from './architecture.js';
import { checkDocs } from './docs.js';
import type { Check } from './run-checks.js';
import { checkFormat, checkTypes } from './tools.js';

/** Every check there is, by its name on the command line. */
export const CHECKS = {
  format: checkFormat,
  docs: checkDocs,
  types: checkTypes,
  architecture: checkArchitecture,
} satisfies Record<string, Check>;

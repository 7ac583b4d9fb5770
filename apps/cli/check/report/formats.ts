import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { projectRoot } from '../../project-root.js';
import type { Format } from '../request.js';
import { githubReport } from './github.js';
import { humanReport } from './human.js';
import { jsonReport } from './json.js';
import type { Report } from './report.js';
import { sarifReport } from './sarif.js';

const RENDER: Readonly<Record<Format, (report: Report, inColour: boolean) => string>> = {
  human: humanReport,
  json: jsonReport,
  github: (report) => githubReport(report, workspace(process.env.GITHUB_WORKSPACE)),
  sarif: (report) => sarifReport(report, ownVersion()),
};

export function render(format: Format, report: Report, inColour: boolean): string {
  return RENDER[format](report, inColour);
}

/** The checkout, without symlinks as the root is. In a container it may have another name than the variable says. */
function workspace(named = ''): string {
  return realpathSync(existsSync(named) ? named : process.cwd());
}

function ownVersion(): string {
  return JSON.parse(readFileSync(join(projectRoot, 'package.json'), 'utf8')).version;
}

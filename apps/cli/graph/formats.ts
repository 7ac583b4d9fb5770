import { architecturePage } from './architecture-page.js';
import { asJson } from './as-json.js';
import { messageChart } from './mermaid.js';
import { pageOf } from './page/page.js';
import { pictureFile } from './picture/picture.js';
import type { System } from './system.js';

/** Every form in which a system can be drawn. */
export const FORMATS = {
  markdown: (system) => architecturePage(system),
  mermaid: (system) => `${messageChart(system)}\n`,
  svg: pictureFile,
  html: pageOf,
  json: asJson,
} as const satisfies Record<string, (system: System) => string | Promise<string>>;

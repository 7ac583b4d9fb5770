import type { Site } from './site.js';

/** What an app needs to boot. */
export interface BootOptions {
  site: Site;
  /** The administrator's address of a PostgreSQL 15 or newer; undefined where the app holds no module. */
  databaseUrl: string | undefined;
  /** Where generated secrets are kept. */
  home: string;
  /** Told, in a sentence each, what happens. */
  say: (line: string) => void;
}

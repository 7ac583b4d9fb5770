import type { Settings } from './settings.js';

/** What an app needs to boot. */
export interface BootOptions {
  settings: Settings;
  /** The administrator's address of a PostgreSQL 15 or newer. */
  databaseUrl: string;
  /** Where generated secrets are kept. */
  home: string;
  /** Told, in a sentence each, what happens. */
  say: (line: string) => void;
}

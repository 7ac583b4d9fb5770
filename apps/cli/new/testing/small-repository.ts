import { mkdirSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { nameOf } from '../name.js';
import { mapOfTheSystem, topologyOf } from '../project/map.js';
import { moduleSources } from '../templates/module-files.js';
import { vocabularyOf } from '../templates/vocabulary.js';

/** A repository of one module, `parcels`, in a folder of its own, without packages and without a command line. */
export class SmallRepository {
  readonly root = realpathSync(mkdtempSync(join(tmpdir(), 'seamline-small-')));

  constructor() {
    const parcels = nameOf('parcels');
    for (const [path, text] of Object.entries(moduleSources(vocabularyOf(parcels, nameOf('parcel'), []))))
      this.write(`src/modules/parcels/${path}`, text);
    this.write('apps/monolith/monolith.module.ts', mapOfTheSystem([parcels]));
    this.write('topology.json', topologyOf([parcels]));
  }

  write(path: string, text: string): void {
    mkdirSync(dirname(join(this.root, path)), { recursive: true });
    writeFileSync(join(this.root, path), text);
  }

  read(path: string): string {
    return readFileSync(join(this.root, path), 'utf8');
  }

  /** Every file with its text, and every folder. */
  content(): Record<string, string> {
    const entries = readdirSync(this.root, { withFileTypes: true, recursive: true });
    return Object.fromEntries(
      entries.map((entry) => {
        const path = relative(this.root, join(entry.parentPath, entry.name));
        return [path, entry.isFile() ? this.read(path) : 'a folder'];
      }),
    );
  }

  remove(): void {
    rmSync(this.root, { recursive: true, force: true });
  }
}

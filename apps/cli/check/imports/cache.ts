import { createHash, hash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, extname, join } from 'node:path';
import ts from 'typescript';
import type { Import } from './import.js';
import { readImports } from './read-imports.js';

/** Remembers which imports a text holds, and nothing else: where they lead is found out anew every time. */
export interface ExtractionCache {
  importsOf(path: string, content: Buffer): readonly Import[];
  /** Keeps what this run has asked for. A cache that cannot be written is none. */
  save(): void;
}

const FILE = '.cache/seamline/imports.json';

/**
 * What a text imports depends on the text, on its kind and on the reader, so these are the key of an entry: no other
 * change can make it wrong. A file that is damaged, or was written by another reader, is not read.
 */
export function openCache(root: string): ExtractionCache {
  const file = join(root, FILE);
  const before = readEntries(file);
  const now = new Map<string, readonly Import[]>();
  let isNew = false;
  return {
    importsOf(path, content) {
      const kind = kindOf(path);
      const key = `${hash('sha256', content, 'base64url')}${kind}`;
      const known = now.get(key) ?? before.get(key);
      const imports = known ?? readImports(`file${kind}`, content.toString());
      isNew ||= known === undefined;
      now.set(key, imports);
      return imports;
    },
    save() {
      if (isNew || now.size !== before.size) writeEntries(file, now);
    },
  };
}

/** A text reads differently as a module of declarations, as plain JavaScript, or with JSX. */
const kindOf = (path: string): string => (/[.]d[.][cm]?ts$/.test(path) ? '.d.ts' : extname(path));

function readEntries(file: string): ReadonlyMap<string, readonly Import[]> {
  try {
    const text = readFileSync(file, 'utf8');
    const end = text.indexOf('\n');
    const entries = text.slice(end + 1);
    if (text.slice(0, end) !== headOf(entries)) return new Map();
    return new Map(JSON.parse(entries) as [string, Import[]][]);
  } catch {
    return new Map();
  }
}

/** Written aside and put in place at once, so that nobody reads half of it. */
function writeEntries(file: string, entries: ReadonlyMap<string, readonly Import[]>): void {
  const text = JSON.stringify([...entries]);
  const aside = `${file}.${process.pid}`;
  try {
    mkdirSync(dirname(file), { recursive: true });
    // Nobody's repository has to know of this folder.
    writeFileSync(join(dirname(file), '.gitignore'), '*\n');
    writeFileSync(aside, `${headOf(text)}\n${text}`);
    renameSync(aside, file);
  } catch {
    removeIfThere(aside);
  }
}

function removeIfThere(file: string): void {
  try {
    rmSync(file, { force: true });
  } catch {
    // Its folder cannot be looked into either.
  }
}

/** Who wrote it, and a sum over what was written. */
const headOf = (entries: string): string => `${reader()} ${hash('sha256', entries)}`;

let readerHash: string | undefined;

/** The code that reads imports, with the parser that it uses: another one may find more. */
function reader(): string {
  readerHash ??= hashOfCode();
  return readerHash;
}

function hashOfCode(): string {
  const sum = createHash('sha256').update(ts.version);
  for (const name of readdirSync(import.meta.dirname).sort())
    if (!name.includes('.spec.')) sum.update(readFileSync(join(import.meta.dirname, name)));
  return sum.digest('hex');
}

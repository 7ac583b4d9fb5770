// Keeps dist/ in step with the sources, so that nobody has to think of a build: compiles when a hash of the sources'
// content differs from the one noted in dist/. Files are replaced one by one, by renaming, and the note is taken away
// before and written after: a process reading dist/ meanwhile never meets half a file, and a build that was cut short is
// done again.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, readdirSync, readFileSync, renameSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { exclusively } from './exclusive.js';

const SOURCES = ['apps', 'src'];
const NOTE = '.source-hash';

/** What the command line itself consists of: it can run without the rest, and tell what is wrong about that. */
const COMMAND_LINE = /^(?:apps\/(?:cli|host)|src\/shared-kernel)\//;

/**
 * Compiles what is stale under `root`, in a process of its own: the compiler's memory would stay with ours for good.
 * @param onlyReads for a command that reads modules and runs none: those of their files that do not compile are left out
 * @throws with the compiler's message, and dist/ as it was, when they do not compile
 */
export async function freshDist(root, { onlyReads = false } = {}) {
  if (isFresh(root, readSources(root))) return;
  const args = [fileURLToPath(import.meta.url), root, ...(onlyReads ? [ONLY_READS] : [])];
  const compiler = spawn(process.execPath, args, { stdio: ['ignore', 'inherit', 'pipe'] });
  let complaint = '';
  compiler.stderr.on('data', (chunk) => (complaint += chunk));
  const [code] = await once(compiler, 'close');
  if (code !== 0) throw new Error(`the sources do not compile.\n${complaint.trim()}`);
}

const ONLY_READS = '--only-reads';

async function compileStale(root, onlyReads) {
  await exclusively(join(root, '.cache', 'build.lock'), async () => {
    const sources = readSources(root);
    if (!isFresh(root, sources)) await build(root, sources, onlyReads);
  });
}

/** Every file that has a place in dist/: TypeScript but for the tests, and JSON such as module.json, by its path. */
function readSources(root) {
  const sources = new Map();
  for (const folder of SOURCES) {
    for (const file of filesBelow(join(root, folder))) {
      const path = relative(root, file).split(sep).join('/');
      if (belongsInDist(path)) sources.set(path, readFileSync(file));
    }
  }
  return sources;
}

function belongsInDist(path) {
  if (path.endsWith('.ts')) return !path.endsWith('.spec.ts') && !path.endsWith('.d.ts');
  return path.endsWith('.json');
}

function filesBelow(folder) {
  const files = [];
  for (const entry of entriesOf(folder)) {
    if (entry.name === 'node_modules') continue;
    const path = join(folder, entry.name);
    if (entry.isDirectory()) files.push(...filesBelow(path));
    else files.push(path);
  }
  return files.sort();
}

function entriesOf(folder) {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch (error) {
    if (error.code === 'ENOENT') return [];
    throw error;
  }
}

function isFresh(root, sources) {
  try {
    return readFileSync(join(root, 'dist', NOTE), 'utf8') === hashOf(root, sources);
  } catch {
    return false;
  }
}

function hashOf(root, sources) {
  const hash = createHash('sha256');
  hash.update(readFileSync(join(root, '.swcrc')));
  for (const [path, content] of sources) hash.update(`\0${path}\0${content.length}\0`).update(content);
  return hash.digest('hex');
}

async function build(root, sources, onlyReads) {
  const dist = join(root, 'dist');
  let isWhole = true;
  const outputs = await compile(root, sources, (path, error) => {
    if (!onlyReads || COMMAND_LINE.test(path)) throw error;
    isWhole = false;
  });
  mkdirSync(dist, { recursive: true });
  rmSync(join(dist, NOTE), { force: true });
  for (const [path, content] of outputs) replaceFile(join(dist, path), content);
  removeOthers(dist, outputs);
  // Without the note, whoever runs the modules compiles again and is told what does not.
  if (isWhole) replaceFile(join(dist, NOTE), hashOf(root, sources));
}

/**
 * The content of dist/ by path. All is compiled before anything is written, so a syntax error that `refused` throws leaves
 * dist/ as it was.
 */
async function compile(root, sources, refused) {
  const { transform } = await import('@swc/core');
  const options = JSON.parse(readFileSync(join(root, '.swcrc'), 'utf8'));
  delete options.$schema;
  const outputs = new Map();
  const compileOne = async ([path, content]) => {
    if (path.endsWith('.json')) return outputs.set(path, content);
    const target = path.replace(/\.ts$/, '.js');
    const sourceFileName = relative(dirname(join(root, 'dist', path)), join(root, path));
    const compiled = await transform(content.toString(), {
      ...options,
      swcrc: false,
      filename: path,
      sourceFileName,
    }).catch((error) => refused(path, error));
    if (compiled === undefined) return;
    const { code, map } = compiled;
    outputs.set(target, map ? `${code}\n//# sourceMappingURL=${target.split('/').pop()}.map\n` : code);
    if (map) outputs.set(`${target}.map`, map);
  };
  await Promise.all([...sources].map(compileOne));
  return outputs;
}

function replaceFile(file, content) {
  mkdirSync(dirname(file), { recursive: true });
  const fresh = `${file}.${process.pid}.new`;
  writeFileSync(fresh, content);
  renameSync(fresh, file);
}

/** What a removed source left behind, so that nothing keeps importing it. */
function removeOthers(dist, outputs) {
  for (const folder of SOURCES) {
    for (const file of filesBelow(join(dist, folder))) {
      if (!outputs.has(relative(dist, file).split(sep).join('/'))) rmSync(file, { force: true });
    }
    removeEmptyFolders(join(dist, folder));
  }
}

function removeEmptyFolders(folder) {
  for (const entry of entriesOf(folder)) {
    if (entry.isDirectory()) removeEmptyFolders(join(folder, entry.name));
  }
  try {
    rmdirSync(folder);
  } catch {
    // Not empty, or never there: both are as it should be.
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await compileStale(process.argv[2], process.argv[3] === ONLY_READS).catch((error) => {
    // What follows is the compiler's own stack.
    process.stderr.write(`${error.message.split('\n\nCaused by:')[0]}\n`);
    process.exitCode = 1;
  });
}

// Makes a checkout ready to run: installs the packages when they are missing or belong to another lockfile, and checks
// that a fitting Node is at hand. It runs before anything is installed, under whatever Node the user has (18 or later),
// so it is plain JavaScript without dependencies.
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { basename, delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { exclusively } from './exclusive.js';

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));

/** A mistake or a lack that the user can mend: printed as a sentence, never with a stack trace. */
export class BootstrapError extends Error {}

/**
 * Installs if needed, and returns the path of a Node that satisfies package.json's `engines`.
 * `tests` says that the packages for development are needed too, even where somebody left them out on purpose.
 * @throws {BootstrapError} with a sentence that says what to do
 */
export async function bootstrap({ root = ROOT, tests = false, say = toStderr } = {}) {
  if (reasonToInstall(root, tests) !== null) await installOnce(root, tests, say);
  return fittingNode(root);
}

// ---- Is an install needed? ---------------------------------------------------------------------------------------

/** Why node_modules does not serve, as the end of a sentence, or null when it does. */
export function reasonToInstall(root, tests = false) {
  const lockText = readText(join(root, 'package-lock.json'));
  if (lockText === null)
    throw new BootstrapError('package-lock.json is missing; restore it with "git checkout package-lock.json".');
  const hash = sha256(lockText);
  const stored = readText(stampFile(root));
  if (stored === hash) return null;

  const installedText = readText(join(root, 'node_modules', '.package-lock.json'));
  if (installedText === null)
    return existsSync(join(root, 'node_modules')) ? 'an earlier install was interrupted' : 'node_modules is missing';
  const difference = firstDifference(parsePackages(lockText), parsePackages(installedText), { tests });
  if (difference === null) {
    if (includesDevelopment(parsePackages(lockText), parsePackages(installedText))) store(root, hash);
    return null;
  }
  return `${difference} differs from package-lock.json`;
}

/**
 * The first package that an install would add, change or remove, or null: compares the `packages` of package-lock.json
 * with those that npm noted in node_modules/.package-lock.json. Optional packages of other platforms may be absent, and
 * those for development too unless `tests`.
 */
export function firstDifference(wanted, installed, { tests, platform = process.platform, arch = process.arch }) {
  for (const [path, entry] of Object.entries(wanted)) {
    if (path === '') continue;
    const found = installed[path];
    if (found === undefined) {
      if (mayBeAbsent(entry, { tests, platform, arch })) continue;
      return path;
    }
    if (found.version !== entry.version) return path;
    if (found.integrity && entry.integrity && found.integrity !== entry.integrity) return path;
  }
  return Object.keys(installed).find((path) => wanted[path] === undefined) ?? null;
}

function mayBeAbsent(entry, { tests, platform, arch }) {
  if ((entry.dev || entry.devOptional) && !tests) return true;
  if (!entry.optional && !entry.devOptional) return false;
  // npm picks between the C libraries itself, and leaves out what an absent optional package needs.
  const forHere = entry.os?.includes(platform) && entry.cpu?.includes(arch) && entry.libc === undefined;
  return !forHere;
}

function includesDevelopment(wanted, installed) {
  return firstDifference(wanted, installed, { tests: true }) === null;
}

function parsePackages(text) {
  try {
    return JSON.parse(text).packages ?? {};
  } catch {
    return {};
  }
}

const stampFile = (root) => join(root, 'node_modules', '.seamline-lock-hash');

function store(root, hash) {
  try {
    writeFileSync(stampFile(root), hash);
  } catch {
    // A read-only node_modules (an image, another user's checkout) only means comparing again next time.
  }
}

// ---- Installing --------------------------------------------------------------------------------------------------

async function installOnce(root, tests, say) {
  const lockFile = join(root, '.cache', 'install.lock');
  const waiting = (pid) => say(`Another process (${pid}) is installing the packages; waiting for it …`);
  try {
    mkdirSync(dirname(lockFile), { recursive: true });
  } catch (error) {
    throw new BootstrapError(
      `The packages must be installed, but ${root} cannot be written (${error.code}); make it writable for this user.`,
    );
  }
  await exclusively(
    lockFile,
    async () => {
      const reason = reasonToInstall(root, tests);
      if (reason !== null) await install(root, reason, say);
    },
    waiting,
  );
}

async function install(root, reason, say) {
  say(`Installing the packages with "npm ci" (${reason}); this takes about half a minute …`);
  // Without these two, an interrupted install is recognised and done again.
  rmSync(stampFile(root), { force: true });
  rmSync(join(root, 'node_modules', '.package-lock.json'), { force: true });

  const started = Date.now();
  const elapsed = () => Math.round((Date.now() - started) / 1000);
  const progress = setInterval(() => say(`  still installing, ${elapsed()} s …`), 10_000);
  try {
    await npmCi(root);
  } finally {
    clearInterval(progress);
  }
  store(root, sha256(readFileSync(join(root, 'package-lock.json'), 'utf8')));
  say(`Installed in ${elapsed()} s.`);
}

/** The flags undo settings of a user's npm that would leave out a part of the project or put it elsewhere. */
const NPM_CI = [
  'ci',
  '--no-audit',
  '--no-fund',
  '--loglevel=error',
  '--no-progress',
  '--include=prod',
  '--include=dev',
  '--include=optional',
  '--include=peer',
  '--location=project',
  '--no-global',
  '--no-dry-run',
  '--package-lock',
  '--bin-links',
  '--no-engine-strict',
  '--no-legacy-peer-deps',
  '--install-strategy=hoisted',
  '--no-json',
];

function npmCi(root) {
  const [command, ...args] = npmCommand();
  // In a process group of its own, to be ended as a whole: npm itself takes minutes to clean up after a Ctrl-C, and what
  // it leaves is recognised and done again anyway.
  const npm = spawn(command, [...args, ...NPM_CI], { cwd: root, stdio: ['ignore', 'ignore', 'pipe'], detached: true });
  let complaint = '';
  npm.stderr.on('data', (chunk) => {
    complaint += chunk;
  });
  let isInterrupted = false;
  const interrupt = () => {
    isInterrupted = true;
    killGroup(npm);
  };
  for (const signal of INTERRUPTING) process.on(signal, interrupt);
  return new Promise((resolve, reject) => {
    npm.on('error', (error) =>
      reject(new BootstrapError(`npm could not be started (${error.code}); install npm 10 or newer.`)),
    );
    npm.on('close', (code, signal) => {
      for (const each of INTERRUPTING) process.off(each, interrupt);
      if (code === 0) resolve();
      else if (isInterrupted || signal !== null) reject(interrupted());
      else reject(failed(code, complaint));
    });
  });
}

const INTERRUPTING = ['SIGINT', 'SIGTERM', 'SIGHUP'];

function killGroup(child) {
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch {
    child.kill('SIGKILL');
  }
}

function interrupted() {
  return new BootstrapError('The install was interrupted; run the command again to finish it.');
}

function failed(code, complaint) {
  const conclusion = `The packages could not be installed (npm ended with ${code}); mend that and run the command again.`;
  return new BootstrapError(`${complaint.trim()}\n${conclusion}`.trim());
}

/** The npm that called us, else the one on the PATH; never through a Node inside node_modules, which `npm ci` deletes. */
function npmCommand() {
  const caller = process.env.npm_execpath;
  if (caller && /^np[mx]-cli\.js$/.test(basename(caller))) {
    const cli = join(dirname(caller), 'npm-cli.js');
    if (existsSync(cli)) return [systemNode(), cli];
  }
  return [process.platform === 'win32' ? 'npm.cmd' : 'npm'];
}

function systemNode() {
  if (!process.execPath.includes(`${join('node_modules', 'node-')}`)) return process.execPath;
  const outside = (process.env.PATH ?? '')
    .split(delimiter)
    .filter((folder) => folder !== '' && !folder.includes('node_modules'))
    .map((folder) => join(folder, 'node'));
  return outside.find((file) => existsSync(file)) ?? process.execPath;
}

// ---- A fitting Node ----------------------------------------------------------------------------------------------

/** This process's Node if it is new enough, else the one that the install brought. */
function fittingNode(root) {
  const wanted = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).engines.node;
  if (satisfies(process.versions.node, wanted)) return process.execPath;
  const installed = join(root, 'node_modules', '.bin', 'node');
  if (existsSync(installed)) {
    const answer = spawnSync(installed, ['--version'], { encoding: 'utf8', env: { ...process.env, NODE_OPTIONS: '' } });
    if (answer.status === 0 && satisfies(answer.stdout.trim().replace(/^v/, ''), wanted)) return installed;
  }
  const pinned = readText(join(root, '.node-version'))?.trim();
  throw new BootstrapError(
    `Seamline needs Node ${wanted.replace('>=', '')} or newer; this is ${process.versions.node}, and none came with the packages ` +
      `(for ${process.platform}-${process.arch}). Install Node ${pinned}, for instance with "nvm install ${pinned}", and run the command again.`,
  );
}

/** Whether a version such as "24.21.0" is in a range of the form ">=24.9". */
export function satisfies(version, range) {
  const wanted = range.replace('>=', '').split('.').map(Number);
  const have = version.split('.').map(Number);
  for (let i = 0; i < wanted.length; i++) {
    if (have[i] !== wanted[i]) return have[i] > wanted[i];
  }
  return true;
}

// ---- Small things ------------------------------------------------------------------------------------------------

function sha256(text) {
  return createHash('sha256').update(text).digest('hex');
}

function readText(file) {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return null;
  }
}

/** Progress goes to stderr, so that a command's own output can be redirected. */
function toStderr(line) {
  process.stderr.write(`${line}\n`);
}

async function main() {
  try {
    await bootstrap({ tests: process.env.npm_lifecycle_event === 'pretest' });
  } catch (error) {
    toStderr(error.message);
    process.exitCode = 1;
  }
}

if (process.argv[1] && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) await main();

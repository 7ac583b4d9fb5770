import { UserError } from '../user-error.js';
import { adminCredentials } from './credentials.js';
import { type ReadFile, readOrderFile } from './order-file.js';
import { PATIENCE, type Patience, PatientHttp, RUN_AGAIN } from './patient-http.js';
import { Progress, type Screen } from './progress.js';
import { differences, reconcile } from './reconcile.js';
import { report } from './report.js';
import { Replay } from './run-replay.js';
import { Session } from './session.js';
import { Shop } from './shop.js';

export interface ReplayFileOptions {
  url: string;
  rate?: number;
  concurrency: number;
  /** Seconds without any order settling. */
  timeout: number;
  strict: boolean;
}

/** Where it runs; a test has its own. */
export interface Place {
  out: Screen;
  err: Screen;
  env: NodeJS.ProcessEnv;
  signals: Pick<NodeJS.Process, 'on' | 'off'>;
  patience: Patience;
  newsMs: number;
}

const SIGNALS = { SIGINT: 130, SIGTERM: 143 } as const;

const HERE: Place = {
  out: process.stdout,
  err: process.stderr,
  env: process.env,
  signals: process,
  patience: PATIENCE,
  newsMs: 10_000,
};

/** Runs the whole replay of one file; resolves to the exit code. */
export async function replayFile(path: string, options: ReplayFileOptions, place: Place = HERE): Promise<number> {
  const stop = new AbortController();
  const progress = new Progress(place.err);
  let exitCode = 0;
  // They stay until all is put away: a terminal's Ctrl-C arrives twice, once of itself and once by way of the wrapper.
  const listeners = Object.entries(SIGNALS).map(([signal, code]) => {
    const listener = () => {
      exitCode = code;
      stop.abort();
    };
    place.signals.on(signal, listener);
    return { signal, listener };
  });
  try {
    return await replay(path, options, place, progress, stop.signal);
  } catch (error) {
    progress.stop();
    if (!stop.signal.aborted) throw error;
    place.err.write(`Stopped. ${RUN_AGAIN}\n`);
    return exitCode;
  } finally {
    for (const { signal, listener } of listeners) place.signals.off(signal, listener);
  }
}

async function replay(
  path: string,
  options: ReplayFileOptions,
  place: Place,
  progress: Progress,
  signal: AbortSignal,
): Promise<number> {
  const write = (line: string) => place.out.write(`${line}\n`);
  const file = await readOrderFile(path, signal);
  for (const line of complaints(file)) write(line);
  if (options.strict && file.malformed > 0) throw tooStrict(path, file);
  const credentials = await adminCredentials(place.env);
  const { url, concurrency, rate, timeout } = options;
  const http = new PatientHttp({ url, signal, say: (sentence) => progress.say(sentence), patience: place.patience });
  const shop = new Shop(http, new Session(http, credentials), signal, place.newsMs);
  await shop.signIn();
  const evidence = await new Replay(file.plan, shop, progress, {
    concurrency,
    rate,
    settleMs: timeout * 1000,
    newsMs: place.newsMs,
    backSince: () => http.backSince,
    signal,
  }).run();
  const result = reconcile(file.plan, evidence);
  for (const line of report(result, file.malformed)) write(line);
  return differences(result) === 0 ? 0 : 1;
}

function complaints({ malformed, complaints }: ReadFile): string[] {
  if (malformed === 0) return [];
  const more = malformed - complaints.length;
  return [
    `${malformed} malformed:`,
    ...complaints.map(({ line, reason }) => `  line ${line}: ${reason}`),
    ...(more > 0 ? [`  … and ${more} more`] : []),
  ];
}

function tooStrict(path: string, { malformed }: ReadFile): UserError {
  return new UserError(
    `${path} is not all order lines (malformed: ${malformed}, listed above); nothing was sent.`,
    'Mend them, or leave out --strict to skip them.',
  );
}

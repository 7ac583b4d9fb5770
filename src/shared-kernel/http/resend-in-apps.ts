import { DomainError } from '../contract/domain-error.js';
import { takesNothing, wantedOf } from '../messaging/care/resend.js';
import type { KnownModule } from './known-modules.js';
import { type Body, mergeSources } from './merge-care.js';

export type Resending = 'replay' | 'redeliver';

/** The body of such a request, before anybody has looked at it. */
export interface HistoryMeant {
  readonly subscriber?: unknown;
  readonly type?: unknown;
  readonly source?: unknown;
}

/** What one app has done of an action in which several have a part. */
export interface PartDone {
  readonly body: Body;
  /** Done before, under the same key. */
  readonly replayed: boolean;
}

/** @throws PartRefused, or as the care of this app does */
export type Part = () => Promise<PartDone>;

/** The problem with which another app has refused its part. */
export class PartRefused extends Error {
  constructor(
    readonly status: number,
    readonly problem: Body,
  ) {
    super(String(problem.detail));
  }

  get code(): string {
    return String(this.problem.type).replace('urn:problem:', '');
  }
}

/** An app that keeps nothing for the subscriber refuses in these words; another one may. */
const KEEPS_NOTHING = new Set(['takes-nothing', 'unknown-type', 'unknown-module']);
const RETRY_AFTER_SECONDS = 2;

/**
 * The apps that keep history of what is meant; without any, the one where the subscriber lives, which says so.
 * @throws DomainError for what cannot be, so that no app does its part before another one refuses
 */
export function appsWithHistory(
  action: Resending,
  subscriber: string,
  { type, source }: HistoryMeant,
  modules: ReadonlyMap<string, KnownModule>,
): string[] {
  const { app, takes } = modules.get(subscriber) as KnownModule;
  if (action === 'replay' && takes.length > 0) mustBearReplay(subscriber, type, takes);
  const sources = takes
    .filter((each) => type === undefined || each.type === type)
    .flatMap((each) => each.sources)
    .filter((each) => source === undefined || each === source);
  if (typeof source === 'string' && sources.length === 0) throw takesNothing(subscriber, source);
  const apps = sources.map((each) => (modules.get(each) as KnownModule).app);
  return apps.length > 0 ? [...new Set(apps)] : [app];
}

/** By what the code declares; each app looks once more at what is declared to its sources. */
function mustBearReplay(subscriber: string, type: unknown, takes: KnownModule['takes']): void {
  if (type !== undefined && typeof type !== 'string') return;
  const types = takes.map((each) => each.type);
  const replayable = takes.filter((each) => each.replayable).map((each) => each.type);
  wantedOf({ subscriber, type }, [{ types, replayable }]);
}

/**
 * Has each app send what its sources keep, one after the other. To ask again does no harm: a replay is only of what bears
 * that, a redelivery brings nothing that the subscriber has, and under one key no app does its part twice.
 * @throws what an app says instead, with what others have done by then
 */
export async function resendIn(parts: readonly Part[]): Promise<PartDone> {
  const done: PartDone[] = [];
  let nothing: unknown;
  for (const act of parts) {
    try {
      done.push(await act());
    } catch (error) {
      if (!keepsNothing(error)) throw halfDone(error, done);
      nothing ??= error;
    }
  }
  if (done.length === 0) throw nothing;
  return { body: sourcesOf(done), replayed: done.every(({ replayed }) => replayed) };
}

function sourcesOf(done: readonly PartDone[]): Body {
  return mergeSources(done.map(({ body }) => body));
}

function keepsNothing(error: unknown): boolean {
  return (error instanceof DomainError || error instanceof PartRefused) && KEEPS_NOTHING.has(error.code);
}

function halfDone(error: unknown, done: readonly PartDone[]): unknown {
  const sources = (sourcesOf(done).sources as { source: string }[]).map(({ source }) => source);
  if (sources.length === 0 || !(error instanceof Error)) return error;
  return new DomainError(
    'unavailable',
    'resent-in-part',
    `${sources.join(' and ')} will send what is meant, but not every other source could be asked. ${error.message} ` +
      'Ask once more, under the same Idempotency-Key if there was one.',
    { retryAfterSeconds: RETRY_AFTER_SECONDS },
  );
}

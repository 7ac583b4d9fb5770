import type { IncomingMessage } from 'node:http';
import { json } from 'node:stream/consumers';
import {
  type CallHandler,
  type ExecutionContext,
  HttpException,
  type NestInterceptor,
  ServiceUnavailableException,
} from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { from, lastValueFrom, type Observable } from 'rxjs';
import { DomainError } from '../contract/domain-error.js';
import { MessageCareController } from '../messaging/care/care.controller.js';
import { suggestion } from '../messaging/care/near-names.js';
import { UnknownMessage } from '../messaging/care/story.js';
import { Answer } from './answer.js';
import { isTrace } from './care-beside-others.js';
import { headersBack, headersOn } from './forwarded-headers.js';
import type { Forwarding } from './forwarding.js';
import { REPLAYED } from './idempotency.js';
import { type KnownModule, knownModules } from './known-modules.js';
import { type Body, mergerOf } from './merge-care.js';
import { PROBLEM_MEDIA_TYPE } from './problem.js';
import {
  appsWithHistory,
  type HistoryMeant,
  type PartDone,
  PartRefused,
  type Resending,
  resendIn,
} from './resend-in-apps.js';
import { proofOf } from './through-gateway.js';
import { type Upstream, whenGone } from './upstream.js';

/** Longer than an app takes to search its history for a message. In milliseconds. */
const ANSWERS_WITHIN = 20_000;

/** What one app said to a question that all are asked. */
type Said =
  | { readonly kind: 'found'; readonly body: Body }
  | { readonly kind: 'none'; readonly refusal?: DomainError; readonly takers?: readonly string[] }
  | { readonly kind: 'missing'; readonly app: string; readonly problem: string };

/** An app that has nothing of the kind refuses in these words; another one may have it. */
const HAS_NONE = new Set(['unknown-message', 'unknown-type', 'unknown-subscriber']);

/**
 * Makes the gateway's care for messages that of all apps, under the same addresses. Each app cares for its own modules:
 *
 *   an action on one subscriber, and lists of one   go to the app where it lives
 *   lag, dead, parked, one message                  are asked of every app and put together; modules of an app that
 *                                                   cannot be asked are listed as unreadable
 *   replay, redeliver                               are done by every app in which the subscriber has sources, for these
 *   forgetting a subscriber                         is done in every app, and refused by the app of one that takes messages
 */
export class CareForAllApps implements NestInterceptor {
  private readonly modules: ReadonlyMap<string, KnownModule>;
  private readonly proof: string;

  constructor(
    private readonly forwarding: Forwarding,
    private readonly upstreams: ReadonlyMap<string, Upstream>,
  ) {
    this.modules = knownModules(forwarding);
    this.proof = proofOf(forwarding.secret);
  }

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    if (context.getClass() !== MessageCareController) return next.handle();
    const http = context.switchToHttp();
    const request = http.getRequest<FastifyRequest>();
    const action = context.getHandler().name;
    if (action === 'replay' || action === 'redeliver')
      return from(this.resend(action, request, http.getResponse(), next));
    const app = this.appMeant(action, request);
    if (app === undefined) return from(this.askAll(action, request, next));
    const upstream = this.upstreams.get(app);
    return upstream ? from(this.handOver(upstream, request, http.getResponse())) : next.handle();
  }

  private async resend(
    action: Resending,
    request: FastifyRequest,
    reply: FastifyReply,
    here: CallHandler,
  ): Promise<unknown> {
    const apps = this.appsResending(action, Object(request.body));
    const others = [...this.upstreams.values()].filter(({ app }) => apps.includes(app));
    const isOwn = apps.includes(this.forwarding.self);
    const [other] = others;
    if (other === undefined) return lastValueFrom(here.handle());
    if (others.length === 1 && !isOwn) return this.handOver(other, request, reply);
    const parts = others.map((upstream) => () => this.partOf(upstream, request));
    // The own one last: of the others it is not known whether they can be reached.
    if (isOwn) parts.push(() => ownPart(here, reply));
    try {
      const { replayed, body } = await resendIn(parts);
      if (replayed) reply.header(REPLAYED, 'true');
      return body;
    } catch (error) {
      if (!(error instanceof PartRefused)) throw error;
      reply.code(error.status).type(PROBLEM_MEDIA_TYPE);
      return error.problem;
    }
  }

  /** @throws DomainError for a name that no module has, and for what the subscriber does not bear */
  private appsResending(action: Resending, meant: HistoryMeant): string[] {
    const { subscriber, source } = meant;
    if (typeof subscriber !== 'string') return [this.forwarding.self];
    for (const name of [subscriber, source])
      if (typeof name === 'string' && !this.modules.has(name)) throw unknownModule(name, this.modules);
    return appsWithHistory(action, subscriber, meant, this.modules);
  }

  private async partOf(upstream: Upstream, request: FastifyRequest): Promise<PartDone> {
    const answer = await this.ask(upstream, request, AbortSignal.timeout(ANSWERS_WITHIN));
    const body = (await json(answer)) as Body;
    if (answer.statusCode !== 200) throw new PartRefused(answer.statusCode as number, body);
    return { body, replayed: answer.headers[REPLAYED] === 'true' };
  }

  /** Undefined for all of them. @throws DomainError for a name that no module has */
  private appMeant(action: string, request: FastifyRequest): string | undefined {
    const name = subscriberIn(request);
    const subscriber = name === undefined ? undefined : this.modules.get(name);
    if (action === 'forget') return subscriber && subscriber.takes.length > 0 ? subscriber.app : undefined;
    if (name === undefined) return mergerOf(action) ? undefined : this.forwarding.self;
    if (!subscriber) throw unknownModule(name, this.modules);
    return subscriber.app;
  }

  private async handOver(upstream: Upstream, request: FastifyRequest, reply: FastifyReply): Promise<IncomingMessage> {
    const answer = await this.ask(upstream, request, whenGone(reply));
    answer.once('error', () => reply.raw.destroy());
    reply.code(answer.statusCode as number).headers(headersBack(answer.headers));
    return answer;
  }

  /** @throws this app's own refusal, where no other knows better */
  private async askAll(action: string, request: FastifyRequest, here: CallHandler): Promise<unknown> {
    const own = await saidBy(here);
    const others = await Promise.all([...this.upstreams.values()].map((upstream) => this.saidIn(upstream, request)));
    const found = [own, ...others].flatMap((said) => (said.kind === 'found' ? [said.body] : []));
    const missing = others.filter((said) => said.kind === 'missing');
    const mustBeWhole = action === 'forget' || found.length === 0;
    if (mustBeWhole && missing[0]) throw new ServiceUnavailableException(missing[0].problem);
    const takers = [own, ...others].flatMap((said) => (said.kind === 'none' ? (said.takers ?? []) : []));
    if (found.length === 0 && own.kind === 'none') throw refusalOf(own.refusal, request, takers);
    return mergerOf(action)?.(found, this.unreadableFor(missing), {
      query: request.query as Body,
      modules: this.modules,
      takers,
    });
  }

  private async saidIn(upstream: Upstream, request: FastifyRequest): Promise<Said> {
    const missing = (problem: string): Said => ({ kind: 'missing', app: upstream.app, problem });
    try {
      const answer = await this.ask(upstream, request, AbortSignal.timeout(ANSWERS_WITHIN));
      const body = (await json(answer)) as Body;
      if (isTrace(body)) return { kind: 'none', takers: body.onlyTakenBy };
      if (answer.statusCode === 200) return { kind: 'found', body };
      const code = String(body.type).replace('urn:problem:', '');
      return HAS_NONE.has(code) ? { kind: 'none' } : missing(`The app ${upstream.app} says: ${body.detail}`);
    } catch (error) {
      return missing(error instanceof HttpException ? error.message : `The answer of ${upstream.app} broke off.`);
    }
  }

  private ask(upstream: Upstream, request: FastifyRequest, signal: AbortSignal): Promise<IncomingMessage> {
    // Of a HEAD Fastify leaves the body out itself; to be put together it has to be read.
    const method = request.method === 'HEAD' ? 'GET' : request.method;
    const { body: value } = request;
    const body = value === undefined ? undefined : Buffer.from(JSON.stringify(value));
    const headers = headersOn(request, body, this.proof);
    return upstream.ask({ method, path: request.raw.url as string, headers, body }, signal);
  }

  private unreadableFor(missing: readonly { app: string; problem: string }[]) {
    const { placement } = this.forwarding;
    return missing.flatMap(({ app, problem }) => placement.app(app).modules.map((module) => ({ module, problem })));
  }
}

async function ownPart(here: CallHandler, reply: FastifyReply): Promise<PartDone> {
  const said: unknown = await lastValueFrom(here.handle());
  // Under a key it comes as an answer, which is written by whoever answers the whole.
  const body = (said instanceof Answer ? said.body : said) as Body;
  const replayed = reply.hasHeader(REPLAYED);
  // It is said of the whole, when all of it is done.
  reply.removeHeader(REPLAYED);
  return { body, replayed };
}

function unknownModule(name: string, modules: ReadonlyMap<string, KnownModule>): DomainError {
  const message = `There is no module "${name}". ${suggestion(name, [...modules.keys()])}`;
  return new DomainError('unprocessable', 'unknown-module', message);
}

async function saidBy(here: CallHandler): Promise<Said> {
  try {
    return { kind: 'found', body: (await lastValueFrom(here.handle())) as Body };
  } catch (error) {
    if (error instanceof UnknownMessage) return { kind: 'none', refusal: error, takers: error.takenBy };
    if (error instanceof DomainError && HAS_NONE.has(error.code)) return { kind: 'none', refusal: error };
    throw error;
  }
}

/** An app knows only of its own modules who has taken a message that nobody has any more. */
function refusalOf(own: DomainError | undefined, { params }: FastifyRequest, takers: readonly string[]) {
  return own instanceof UnknownMessage ? new UnknownMessage((params as { id: string }).id, takers) : own;
}

function subscriberIn({ params, query, body }: FastifyRequest): string | undefined {
  const named = [params, query, body].map((part) => (part as Body | null | undefined)?.subscriber);
  return named.find((name) => typeof name === 'string');
}

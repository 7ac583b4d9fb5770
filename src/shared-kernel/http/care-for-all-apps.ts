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
import { headersBack, headersOn } from './forwarded-headers.js';
import type { Forwarding } from './forwarding.js';
import { type KnownModule, knownModules } from './known-modules.js';
import { type Body, mergerOf } from './merge-care.js';
import { proofOf } from './through-gateway.js';
import { type Upstream, whenGone } from './upstream.js';

/** Longer than an app takes to search its history for a message. In milliseconds. */
const ANSWERS_WITHIN = 20_000;

/** What one app said to a question that all are asked. */
type Said =
  | { readonly kind: 'found'; readonly body: Body }
  | { readonly kind: 'none'; readonly refusal?: DomainError }
  | { readonly kind: 'missing'; readonly app: string; readonly problem: string };

/** An app that has nothing of the kind refuses in these words; another one may have it. */
const HAS_NONE = new Set(['unknown-message', 'unknown-type', 'unknown-subscriber']);

/**
 * Makes the gateway's care for messages that of all apps, under the same addresses. Each app cares for its own modules:
 *
 *   an action on one subscriber, and lists of one   go to the app where it lives
 *   lag, dead, parked, one message                  are asked of every app and put together; modules of an app that
 *                                                   cannot be asked are listed as unreadable
 *   replay, redeliver                               go to the one app in which the subscriber and all its sources live;
 *                                                   otherwise they are refused: no app could do all of it or nothing
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
    const app = this.appMeant(action, request);
    if (app === undefined) return from(this.askAll(action, request, next));
    const upstream = this.upstreams.get(app);
    return upstream ? from(this.handOver(upstream, request, http.getResponse())) : next.handle();
  }

  /** Undefined for all of them. @throws DomainError for a name that no module has */
  private appMeant(action: string, request: FastifyRequest): string | undefined {
    const name = subscriberIn(request);
    const subscriber = name === undefined ? undefined : this.modules.get(name);
    if (action === 'forget') return subscriber?.takes ? subscriber.app : undefined;
    if (name === undefined) return mergerOf(action) ? undefined : this.forwarding.self;
    if (!subscriber) throw unknownModule(name, this.modules);
    if (action === 'replay' || action === 'redeliver') this.mustBeInOneApp(action, name, subscriber, request);
    return subscriber.app;
  }

  /** @throws DomainError that tells what to do instead */
  private mustBeInOneApp(action: string, name: string, { app, sources }: KnownModule, { body }: FastifyRequest): void {
    const { source: one } = body as { source?: unknown };
    const elsewhere = sources.filter((source) => source === (one ?? source) && this.modules.get(source)?.app !== app);
    if (elsewhere.length === 0) return;
    const message =
      `"${name}" lives in the app ${app}, and the history that it takes from ${elsewhere.join(', ')} in another one. ` +
      `"seamline messages ${action}" reaches both.`;
    throw new DomainError('conflict', 'spread-over-apps', message);
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
    if (found.length === 0 && own.kind === 'none') throw own.refusal;
    return mergerOf(action)?.(found, this.unreadableFor(missing), {
      query: request.query as Body,
      modules: this.modules,
    });
  }

  private async saidIn(upstream: Upstream, request: FastifyRequest): Promise<Said> {
    const missing = (problem: string): Said => ({ kind: 'missing', app: upstream.app, problem });
    try {
      const answer = await this.ask(upstream, request, AbortSignal.timeout(ANSWERS_WITHIN));
      const body = (await json(answer)) as Body;
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

function unknownModule(name: string, modules: ReadonlyMap<string, KnownModule>): DomainError {
  const message = `There is no module "${name}". ${suggestion(name, [...modules.keys()])}`;
  return new DomainError('unprocessable', 'unknown-module', message);
}

async function saidBy(here: CallHandler): Promise<Said> {
  try {
    return { kind: 'found', body: (await lastValueFrom(here.handle())) as Body };
  } catch (error) {
    if (error instanceof DomainError && HAS_NONE.has(error.code)) return { kind: 'none', refusal: error };
    throw error;
  }
}

function subscriberIn({ params, query, body }: FastifyRequest): string | undefined {
  const named = [params, query, body].map((part) => (part as Body | null | undefined)?.subscriber);
  return named.find((name) => typeof name === 'string');
}

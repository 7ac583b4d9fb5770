import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type Big from 'big.js';
import { UserError } from '../user-error.js';
import { amountIn, type Money, moneyOf, ZERO } from './exact-money.js';
import { keyOf } from './idempotency-keys.js';
import { type Answer, type PatientHttp, problemIn, type Request } from './patient-http.js';
import type { Adjustment, Document, Product } from './plan.js';
import type { Session } from './session.js';

/** The shop understood and said no; the request will not get better by asking again. */
export class Refused extends Error {}

export interface Stock {
  sku: string;
  onHand: number;
  reserved: number;
  available: number;
}

export interface Placed {
  id: string;
  total: Money;
  replayed: boolean;
}

export interface DocumentState {
  status: string;
  history?: { status: string; at: string; reason?: string }[];
}

interface Expectations {
  statuses: number[];
  /** Statuses that may only mean that news has not arrived yet, from the module that created to the one asked. */
  whileNewsTravels?: number[];
}

/** News of a new product or customer reaches the other modules by messages: for a while they may not know of it. */
const NEWS_TRAVELS_MS = 30_000;

/** The shop over HTTP, as its admin. */
export class Shop {
  private createdAt = 0;

  constructor(
    private readonly http: PatientHttp,
    private readonly session: Session,
    private readonly signal: AbortSignal,
    private readonly newsTravelsMs = NEWS_TRAVELS_MS,
  ) {}

  async signIn(): Promise<void> {
    await this.session.freshToken();
  }

  /** From now on the other modules have a while to hear of what was created. */
  expectNewsToTravel(): void {
    this.createdAt = performance.now();
  }

  /** The id of the customer, who may exist from an earlier run. */
  async ensureCustomer(number: string): Promise<string> {
    const email = `customer-${number}@replay.example`;
    const answer = await this.post(
      '/identity/customers',
      keyOf('customer', number),
      {
        email,
        password: randomBytes(18).toString('base64url'),
        name: `Customer ${number}`,
      },
      { statuses: [201, 409] },
    );
    return answer.status === 201 ? (answer.body as { id: string }).id : this.customerId(email);
  }

  async ensureProduct({ key, sku, name, price, stocked }: Product): Promise<void> {
    const body = { sku, name, price: moneyOf(price), stocked };
    await this.post('/catalog/products', key, body, { statuses: [201, 409] });
  }

  /** The stock right after the receipt; for a key used before, as it was after that first time. */
  async receive(sku: string, quantity: number, key: string): Promise<Stock> {
    const path = `/inventory/stock/${encodeURIComponent(sku)}/receipts`;
    const answer = await this.post(path, key, { quantity }, { statuses: [201], whileNewsTravels: [404] });
    return answer.body as Stock;
  }

  async adjust({ sku, quantity, reason, key }: Omit<Adjustment, 'kind' | 'label'>): Promise<void> {
    const path = `/inventory/stock/${encodeURIComponent(sku)}/adjustments`;
    await this.post(path, key, { quantity, reason }, { statuses: [201], whileNewsTravels: [404] });
  }

  async place(document: Document, customerId: string | undefined): Promise<Placed> {
    const { kind, key, lines } = document;
    const body = {
      lines: lines.map(({ sku, quantity, unitPrice }) => ({ sku, quantity, unitPrice: moneyOf(unitPrice) })),
      ...(customerId === undefined ? {} : { customerId }),
      ...(kind === 'order' ? { payment: { token: 'tok_ok' } } : {}),
    };
    const path = kind === 'order' ? '/orders' : '/orders/returns';
    const answer = await this.post(path, key, body, { statuses: [202], whileNewsTravels: [404, 422] });
    const { id, total } = answer.body as { id: string; total: Money };
    return { id, total, replayed: answer.replayed };
  }

  async stateOf(kind: Document['kind'], id: string): Promise<DocumentState> {
    const answer = await this.get(kind === 'order' ? `/orders/${id}` : `/orders/returns/${id}`, [200]);
    // Not the answer itself, which carries the lines too: a large file's would fill the memory.
    const { status, history } = answer.body as DocumentState;
    return history ? { status, history } : { status };
  }

  /** What an order brought in: captured less refunded; nothing where there was no payment. */
  async paidFor(orderId: string): Promise<Big> {
    const answer = await this.get(`/billing/payments/${orderId}`, [200, 404]);
    if (answer.status === 404) return ZERO;
    const { captured, refunded } = answer.body as { captured: Money; refunded: Money };
    return amountIn(captured).minus(amountIn(refunded));
  }

  async creditedFor(returnId: string): Promise<Big> {
    const answer = await this.get(`/billing/credit-notes/${returnId}`, [200, 404]);
    return answer.status === 404 ? ZERO : amountIn((answer.body as { amount: Money }).amount);
  }

  async stockOf(sku: string): Promise<Stock> {
    const answer = await this.get(`/inventory/stock/${encodeURIComponent(sku)}`, [200]);
    return answer.body as Stock;
  }

  private async customerId(email: string): Promise<string> {
    const answer = await this.get(`/identity/customers?email=${encodeURIComponent(email)}`, [200]);
    const found = (answer.body as { items: { id: string; email: string }[] }).items.find(
      (item) => item.email === email,
    );
    if (!found) throw new Refused(`${email} is said to exist and is not found`);
    return found.id;
  }

  private get(path: string, statuses: number[]): Promise<Answer> {
    return this.call({ method: 'GET', path }, { statuses });
  }

  private post(path: string, key: string, body: unknown, expectations: Expectations): Promise<Answer> {
    return this.call({ method: 'POST', path, body, headers: { 'idempotency-key': key } }, expectations);
  }

  private async call(request: Request, { statuses, whileNewsTravels = [] }: Expectations): Promise<Answer> {
    for (let delay = 50; ; delay = Math.min(delay * 2, 1000)) {
      const arrived = this.newsHasArrived();
      const answer = await this.asAdmin(request);
      if (statuses.includes(answer.status)) return answer;
      if (!whileNewsTravels.includes(answer.status) || arrived) throw new Refused(problemIn(answer));
      await sleep(delay, undefined, { signal: this.signal });
    }
  }

  /** A server that was away delivers its news after it is back. */
  private newsHasArrived(): boolean {
    return performance.now() > Math.max(this.createdAt, this.http.backSince) + this.newsTravelsMs;
  }

  private async asAdmin(request: Request): Promise<Answer> {
    const token = await this.session.freshToken();
    const answer = await this.send(request, token);
    if (answer.status !== 401) return this.permitted(request, answer);
    this.session.discard(token);
    return this.permitted(request, await this.send(request, await this.session.freshToken()));
  }

  private send(request: Request, token: string): Promise<Answer> {
    return this.http.send({ ...request, headers: { ...request.headers, authorization: `Bearer ${token}` } });
  }

  private permitted({ method, path }: Request, answer: Answer): Answer {
    if (answer.status !== 401 && answer.status !== 403) return answer;
    throw new UserError(
      `${this.http.url} does not permit ${method} ${path}: ${problemIn(answer)}.`,
      'Sign in as an admin: set SEAMLINE_ADMIN_EMAIL and SEAMLINE_ADMIN_PASSWORD.',
    );
  }
}

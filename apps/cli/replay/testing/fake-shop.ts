import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

interface Reply {
  status: number;
  body?: unknown;
}

interface Kept extends Reply {
  sent: string;
}

interface Line {
  sku: string;
  quantity: number;
  unitPrice: { amount: string };
}

interface Trade {
  id: string;
  key: string;
  kind: 'order' | 'return';
  lines: Line[];
  at: number;
}

interface Call {
  path: string;
  key: string;
  body: Record<string, unknown>;
}

const problem = (status: number, detail: string, errors?: unknown): Reply => ({ status, body: { detail, errors } });

/**
 * A shop in memory that speaks the HTTP of the real one as far as a replay uses it, and can be made to fail: its state
 * outlives its server, as a database outlives a process.
 */
export class FakeShop {
  readonly admin = { email: 'admin@shop.example', password: 'correct horse battery' };
  /** How often each thing really happened; a repeated request under a known key is no effect. */
  readonly effects: Record<string, number> = {};
  readonly ordersAt: number[] = [];
  requests = 0;
  sessions = 0;
  settleMs = 0;
  /** How much later than orders the other modules hear of a settled order. */
  echoMs = 0;
  /** How much later than catalog and identity the other modules hear of a product or customer. */
  newsDelayMs = 0;
  tokenUses = Number.POSITIVE_INFINITY;
  tokenSeconds = 900;
  forbids = false;
  pennyShort = '';
  died: Promise<void> = Promise.resolve();
  private server: Server | undefined;
  private port = 0;
  private readonly kept = new Map<string, Kept>();
  private readonly tokens = new Map<string, number>();
  private readonly customers = new Map<string, { id: string; email: string; name: string; at: number }>();
  private readonly products = new Map<string, { stocked: boolean; at: number }>();
  private readonly trades = new Map<string, Trade>();
  private readonly moves = new Map<string, { quantity: number; trade?: Trade }[]>();
  private readonly rejections = new Map<string, string>();
  private readonly refusals = new Map<string, string>();
  private failing: { every: number; status: number; retryAfter: string | undefined } | undefined;
  private ordersLeft = Number.POSITIVE_INFINITY;
  private die: () => void = () => {};
  private stalls = false;

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  async up(): Promise<void> {
    const server = createServer((request, response) => void this.handle(request, response));
    await new Promise<void>((resolve) => server.listen(this.port, '127.0.0.1', resolve));
    this.port = (server.address() as AddressInfo).port;
    this.server = server;
  }

  async down(): Promise<void> {
    const { server } = this;
    this.server = undefined;
    server?.closeAllConnections();
    await new Promise<void>((resolve) => (server ? server.close(() => resolve()) : resolve()));
  }

  /** Stock that other trading brought. */
  stock(sku: string, quantity: number): void {
    this.move(sku, quantity);
  }

  stockOf(sku: string): { sku: string; onHand: number; reserved: number; available: number } {
    const heard = (this.moves.get(sku) ?? []).filter(({ trade }) => !trade || this.echoed(trade));
    const available = heard.reduce((sum, { quantity }) => sum + quantity, 0);
    return { sku, onHand: available, reserved: 0, available };
  }

  sent(path: string, key: string): unknown {
    return JSON.parse(this.kept.get(`${path} ${key}`)?.sent ?? 'null');
  }

  reject(key: string, reason: string): void {
    this.rejections.set(key, reason);
  }

  refuse(path: string, key: string, message: string): void {
    this.refusals.set(`${path} ${key}`, message);
  }

  failEvery(every: number, status: number, retryAfter?: string): void {
    this.failing = { every, status, retryAfter };
  }

  /** One order is stored and its answer never comes, though the connection stays. */
  stallOnce(): void {
    this.stalls = true;
  }

  /** After that many orders the process is gone, with the last one stored and its answer lost. */
  dieAfterOrders(count: number): void {
    this.ordersLeft = count;
    this.died = new Promise((resolve) => {
      this.die = resolve;
    });
  }

  private async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    this.requests++;
    if (this.failing && this.requests % this.failing.every === 0) {
      const { status, retryAfter } = this.failing;
      if (retryAfter) response.setHeader('retry-after', retryAfter);
      return this.answer(response, problem(status, 'out of order'));
    }
    const before = this.effects.order ?? 0;
    const reply = this.route(request, Buffer.concat(chunks).toString(), response);
    if ((this.effects.order ?? 0) > before && --this.ordersLeft === 0) {
      await this.down();
      this.die();
      return;
    }
    if (this.stalls && request.url === '/orders') {
      this.stalls = false;
      return;
    }
    this.answer(response, reply);
  }

  private answer(response: ServerResponse, { status, body }: Reply): void {
    response.writeHead(status, { 'content-type': status < 400 ? 'application/json' : 'application/problem+json' });
    response.end(JSON.stringify(body));
  }

  private route(request: IncomingMessage, text: string, response: ServerResponse): Reply {
    const url = new URL(request.url ?? '/', this.url);
    if (url.pathname === '/identity/sessions') return this.signIn(JSON.parse(text));
    if (!this.admits(request.headers.authorization ?? '')) return problem(401, 'token expired');
    if (this.forbids) return problem(403, 'not for you');
    if (request.method === 'GET') return this.read(url);
    const key = String(request.headers['idempotency-key']);
    return this.once({ path: url.pathname, key, body: JSON.parse(text) }, text, response);
  }

  private signIn({ email, password }: { email: string; password: string }): Reply {
    if (email !== this.admin.email || password !== this.admin.password) return problem(401, 'wrong password');
    const accessToken = `token-${++this.sessions}`;
    this.tokens.set(`Bearer ${accessToken}`, this.tokenUses);
    return { status: 201, body: { accessToken, expiresIn: this.tokenSeconds } };
  }

  private admits(token: string): boolean {
    const left = this.tokens.get(token) ?? 0;
    this.tokens.set(token, left - 1);
    return left > 0;
  }

  private once(call: Call, sent: string, response: ServerResponse): Reply {
    const name = `${call.path} ${call.key}`;
    const kept = this.kept.get(name);
    if (kept) {
      if (kept.sent !== sent) return problem(409, 'this key was used for another body');
      response.setHeader('idempotency-replayed', 'true');
      return kept;
    }
    const refusal = this.refusals.get(name);
    const reply = refusal ? { status: 400, body: { errors: [fieldOf(refusal)] } } : this.create(call);
    if (reply.status < 300) this.kept.set(name, { ...reply, sent });
    return reply;
  }

  private create({ path, key, body }: Call): Reply {
    const [, , , sku = '', what] = path.split('/').map(decodeURIComponent);
    if (path === '/identity/customers') return this.createCustomer(body as { email: string; name: string });
    if (path === '/catalog/products') return this.createProduct(body as { sku: string; stocked: boolean });
    if (path === '/orders') return this.trade('order', key, body as { lines: Line[]; customerId?: string });
    if (path === '/orders/returns') return this.trade('return', key, body as { lines: Line[]; customerId?: string });
    if (path.startsWith('/inventory/stock/')) return this.moveStock(sku, what ?? '', Number(body.quantity));
    return problem(404, 'no such route');
  }

  private createCustomer({ email, name }: { email: string; name: string }): Reply {
    if (this.customers.has(email)) return problem(409, 'exists');
    this.happened('customer');
    const customer = { id: `id-${email}`, email, name, at: performance.now() };
    this.customers.set(email, customer);
    return { status: 201, body: customer };
  }

  private createProduct({ sku, stocked }: { sku: string; stocked: boolean }): Reply {
    if (this.products.has(sku)) return problem(409, 'exists');
    this.happened('product');
    this.products.set(sku, { stocked, at: performance.now() });
    return { status: 201, body: { sku } };
  }

  private moveStock(sku: string, what: string, quantity: number): Reply {
    if (!this.heardOf(this.products.get(sku))) return problem(404, `${sku} is not known`);
    if (!this.products.get(sku)?.stocked) return problem(422, `${sku} is not kept in stock`);
    if (this.stockOf(sku).available + quantity < 0) return problem(422, 'below what is available');
    this.happened(what);
    this.move(sku, quantity);
    return { status: 201, body: this.stockOf(sku) };
  }

  private trade(
    kind: Trade['kind'],
    key: string,
    { lines, customerId }: { lines: Line[]; customerId?: string },
  ): Reply {
    const unknown = lines.find(({ sku }) => !this.heardOf(this.products.get(sku)));
    if (unknown) return problem(422, `${unknown.sku} is not known`);
    const customer = [...this.customers.values()].find(({ id }) => id === customerId);
    if (customerId !== undefined && !this.heardOf(customer)) return problem(422, 'the customer is not known');
    this.happened(kind);
    if (kind === 'order') this.ordersAt.push(performance.now());
    const trade: Trade = { id: `${kind}-${this.trades.size}`, key, kind, lines, at: performance.now() };
    this.trades.set(trade.id, trade);
    const sign = kind === 'order' ? -1 : 1;
    if (!this.rejections.has(key)) for (const { sku, quantity } of lines) this.move(sku, sign * quantity, trade);
    return { status: 202, body: { id: trade.id, status: 'placed', total: money(worth(lines)) } };
  }

  private read({ pathname, searchParams }: URL): Reply {
    const name = decodeURIComponent(pathname.split('/').at(-1) ?? '');
    if (pathname === '/identity/customers') {
      const customer = this.customers.get(searchParams.get('email') ?? '');
      return { status: 200, body: { items: customer ? [customer] : [], next: null } };
    }
    if (pathname.startsWith('/inventory/stock/')) return { status: 200, body: this.stockOf(name) };
    const trade = this.trades.get(name);
    if (!trade) return problem(404, `${name} is not known`);
    if (pathname.startsWith('/billing/')) return this.billed(trade);
    return { status: 200, body: this.stateOf(trade) };
  }

  private stateOf(trade: Trade): unknown {
    const at = new Date().toISOString();
    const reason = this.rejections.get(trade.key);
    const [open, done] =
      trade.kind === 'order' ? ['placed', reason ? 'rejected' : 'confirmed'] : ['requested', 'completed'];
    const settled = performance.now() >= trade.at + this.settleMs;
    const history = [{ status: open, at }, ...(settled ? [{ status: done, at, ...(reason ? { reason } : {}) }] : [])];
    return { id: trade.id, status: settled ? done : open, total: money(worth(trade.lines)), history };
  }

  private billed(trade: Trade): Reply {
    if (!this.echoed(trade) || this.rejections.has(trade.key)) return problem(404, 'nothing billed');
    const amount = worth(trade.lines) - (trade.key === this.pennyShort ? 100n : 0n);
    if (trade.kind === 'return') return { status: 200, body: { returnId: trade.id, amount: money(amount) } };
    return { status: 200, body: { orderId: trade.id, captured: money(amount), refunded: money(0n) } };
  }

  private echoed({ at }: Trade): boolean {
    return performance.now() >= at + this.settleMs + this.echoMs;
  }

  private heardOf(news: { at: number } | undefined): boolean {
    return news !== undefined && performance.now() >= news.at + this.newsDelayMs;
  }

  private move(sku: string, quantity: number, trade?: Trade): void {
    const moves = this.moves.get(sku) ?? [];
    moves.push(trade ? { quantity, trade } : { quantity });
    this.moves.set(sku, moves);
  }

  private happened(what: string): void {
    this.effects[what] = (this.effects[what] ?? 0) + 1;
  }
}

/** In ten-thousandths, so that the fake shares no arithmetic with what it tests. */
function worth(lines: Line[]): bigint {
  return lines.reduce((sum, { quantity, unitPrice }) => sum + BigInt(quantity) * units(unitPrice.amount), 0n);
}

function units(amount: string): bigint {
  const [whole = '0', decimals = ''] = amount.split('.');
  return BigInt(whole) * 10_000n + BigInt(decimals.padEnd(4, '0'));
}

function money(value: bigint): { amount: string; currency: string } {
  return { amount: `${value / 10_000n}.${String(value % 10_000n).padStart(4, '0')}`, currency: 'GBP' };
}

function fieldOf(refusal: string): { field: string; message: string } {
  const [field = '', message = ''] = refusal.split(': ');
  return { field, message };
}

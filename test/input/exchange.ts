import { Agent, type IncomingMessage, request } from 'node:http';
import fc from 'fast-check';

/** A request as it stands on the wire, which `fetch` would tidy up first. */
export class Outgoing {
  constructor(
    readonly method: string,
    /** Path and query; every character of it one byte. */
    readonly target: string,
    readonly headers: readonly (readonly [string, string])[] = [],
    readonly body?: Buffer,
  ) {}

  toString(): string {
    const headers = this.headers.map(([name, value]) => `${name}: ${short(value, 60)}`);
    return [`${this.method} ${short(this.target)}`, ...headers, '', short(this.body?.toString() ?? '')].join('\n');
  }

  [fc.toStringMethod](): string {
    return this.toString();
  }
}

export interface Incoming {
  status: number;
  headers: IncomingMessage['headers'];
  text: string;
}

/** How long an answer may take, in milliseconds. */
export const ANSWERS_WITHIN = 15_000;

const agent = new Agent({ keepAlive: true });

/** @throws Error when the connection breaks, or no answer has come in time */
export function exchange(url: string, { method, target, headers, body }: Outgoing): Promise<Incoming> {
  const { hostname, port, host } = new URL(url);
  const length = body || method !== 'GET' ? ['content-length', String(body?.length ?? 0)] : [];
  return new Promise((resolve, reject) => {
    const all = ['host', host, ...length, ...headers.flat()];
    const sending = request({ agent, hostname, port, method, path: target, headers: all }, (response) => {
      read(response)
        .then(resolve, reject)
        .finally(() => clearTimeout(late));
    });
    const late = setTimeout(() => sending.destroy(new Error(`No answer within ${ANSWERS_WITHIN} ms.`)), ANSWERS_WITHIN);
    sending.on('error', (error) => {
      clearTimeout(late);
      reject(error);
    });
    sending.end(body);
  });
}

async function read(response: IncomingMessage): Promise<Incoming> {
  let text = '';
  for await (const part of response.setEncoding('utf8')) text += part;
  return { status: response.statusCode ?? 0, headers: response.headers, text };
}

const LONGEST = 2_000;

function short(text: string, longest = LONGEST): string {
  return text.length > longest ? `${text.slice(0, longest)}… (${text.length} characters)` : text;
}

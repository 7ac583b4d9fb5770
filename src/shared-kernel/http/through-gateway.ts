import { createHmac, timingSafeEqual } from 'node:crypto';
import type { FastifyInstance } from 'fastify';

declare module 'fastify' {
  interface FastifyRequest {
    /** The gateway has forwarded it, and says whom it comes from. */
    throughGateway?: true;
  }
}

/** By it the gateway shows that it holds the secret of the apps. */
export const PROOF_HEADER = 'x-seamline-gateway';

/**
 * The same for every request: whoever could read it on its way could read the tokens of the users too. It says no more
 * than that `X-Forwarded-For` is the gateway's word.
 */
export function proofOf(secret: string): string {
  return createHmac('sha256', secret).update('seamline: this request came through the gateway').digest('base64url');
}

/** Has `request.ip` be the client's address and not the gateway's, for requests that prove to come through it. */
export function believeGateway(fastify: FastifyInstance, secret: string): void {
  const expected = Buffer.from(proofOf(secret));
  fastify.addHook('onRequest', (request, _reply, done) => {
    if (isSame(request.headers[PROOF_HEADER], expected)) {
      request.throughGateway = true;
      const client = request.headers['x-forwarded-for'];
      if (typeof client === 'string') Object.defineProperty(request, 'ip', { value: client });
    }
    done();
  });
}

function isSame(offered: string | string[] | undefined, expected: Buffer): boolean {
  if (typeof offered !== 'string') return false;
  const bytes = Buffer.from(offered);
  return bytes.length === expected.length && timingSafeEqual(bytes, expected);
}

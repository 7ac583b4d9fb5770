import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type CryptoKey, exportJWK, generateKeyPair, SignJWT } from 'jose';
import type { HttpSettings } from '#kernel/http/tokens';

const ISSUER = 'seamline';
const AUDIENCE = 'seamline';

/** An issuer of tokens with keys of its own, published on a port of its own, as identity would be. */
export class TestTokens implements AsyncDisposable {
  private constructor(
    private readonly server: Server,
    private readonly signingKey: CryptoKey,
    private readonly alg: string,
  ) {}

  static async start(alg = 'EdDSA'): Promise<TestTokens> {
    const { publicKey, privateKey } = await generateKeyPair(alg);
    const keys = { keys: [{ ...(await exportJWK(publicKey)), kid: 'test', alg, use: 'sig' }] };
    const server = createServer((_request, response) =>
      response.setHeader('content-type', 'application/json').end(JSON.stringify(keys)),
    );
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return new TestTokens(server, privateKey, alg);
  }

  /** Where the keys are published. */
  get url(): string {
    const { port } = this.server.address() as AddressInfo;
    return `http://127.0.0.1:${port}/`;
  }

  get settings(): HttpSettings {
    const { url } = this;
    return { jwksUrls: () => [url], issuer: ISSUER, audience: AUDIENCE };
  }

  /** The `authorization` header of this principal. */
  async of(id: string, ...roles: string[]): Promise<{ authorization: string }> {
    return { authorization: `Bearer ${await this.sign({ sub: id, roles })}` };
  }

  /** A token with these claims on top of sound ones; `undefined` leaves a claim out. */
  sign(claims: Record<string, unknown>, key = this.signingKey, kid = 'test'): Promise<string> {
    const sound = { sub: 'someone', iss: ISSUER, aud: AUDIENCE, exp: Math.floor(Date.now() / 1000) + 900 };
    return new SignJWT({ ...sound, ...claims }).setProtectedHeader({ alg: this.alg, kid }).sign(key);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }
}

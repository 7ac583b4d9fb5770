import { type CryptoKey, importJWK, type JWK, SignJWT } from 'jose';
import { SIGNATURE_ALGORITHM, type SigningKey } from './signing-key.js';

/** A token cannot be called back, so this is how long a role or an account outlives its end. In seconds. */
export const TOKEN_LIFETIME = 15 * 60;

const ISSUER = 'seamline';
const AUDIENCE = 'seamline';

/** Issues the tokens that TokenVerifier in any app takes, and publishes what they are verified by. */
export class AccessTokens {
  private constructor(
    private readonly kid: string,
    private readonly privateKey: CryptoKey,
    readonly publicJwk: JWK,
  ) {}

  static async signedWith({ kid, privateJwk }: SigningKey): Promise<AccessTokens> {
    // By name: a private part added to a key type some day must not be published by default.
    const { kty, crv, x, y } = privateJwk;
    const publicJwk = { kty, crv, x, y, kid, alg: SIGNATURE_ALGORITHM, use: 'sig' } as JWK;
    return new AccessTokens(kid, (await importJWK(privateJwk, SIGNATURE_ALGORITHM)) as CryptoKey, publicJwk);
  }

  /** @param now in milliseconds since 1970 */
  issue(account: { id: string; grants: string[] }, { now, id }: { now: number; id: string }): Promise<string> {
    const issuedAt = Math.floor(now / 1000);
    return new SignJWT({ roles: account.grants })
      .setProtectedHeader({ alg: SIGNATURE_ALGORITHM, kid: this.kid, typ: 'JWT' })
      .setIssuer(ISSUER)
      .setAudience(AUDIENCE)
      .setSubject(account.id)
      .setJti(id)
      .setIssuedAt(issuedAt)
      .setExpirationTime(issuedAt + TOKEN_LIFETIME)
      .sign(this.privateKey);
  }
}

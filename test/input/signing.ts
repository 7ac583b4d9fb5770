import { type CryptoKey, importJWK, type JWK, type JWTHeaderParameters, SignJWT } from 'jose';
import { rowsOf } from './database.js';

export interface Signer {
  readonly kid: string;
  readonly key: CryptoKey;
  /** A token of an account with these roles, good for a day: nobody has to sign in again in the middle of a long run. */
  tokenFor(id: string, ...roles: string[]): Promise<string>;
}

export const SOUND_CLAIMS = { iss: 'seamline', aud: 'seamline' };
const A_DAY = 24 * 60 * 60;

/** Signs with the shop's own key: a test of what is refused for its claims needs a signature that holds. */
export async function signerOf(databaseUrl: string): Promise<Signer> {
  const [kept] = await rowsOf<{ kid: string; jwk: JWK }>(
    databaseUrl,
    'select kid, private_jwk as jwk from identity.signing_key',
  );
  if (!kept) throw new Error('Identity keeps no signing key.');
  const { kid } = kept;
  const key = (await importJWK(kept.jwk, 'ES256', { extractable: true })) as CryptoKey;
  return {
    kid,
    key,
    tokenFor: (sub, ...roles) => sign({ ...SOUND_CLAIMS, sub, roles, exp: secondsFromNow(A_DAY) }, key, { kid }),
  };
}

/** @param claims as they are, sound or not */
export function sign(
  claims: Record<string, unknown>,
  key: CryptoKey | Uint8Array,
  header: Partial<JWTHeaderParameters> = {},
): Promise<string> {
  return new SignJWT(claims).setProtectedHeader({ alg: 'ES256', ...header }).sign(key);
}

export function secondsFromNow(seconds: number): number {
  return Math.floor(Date.now() / 1000) + seconds;
}

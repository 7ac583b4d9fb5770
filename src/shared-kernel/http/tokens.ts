import { Injectable, ServiceUnavailableException } from '@nestjs/common';
import {
  createRemoteJWKSet,
  customFetch,
  errors,
  type FetchImplementation,
  type JWTPayload,
  type JWTVerifyGetKey,
  jwtVerify,
  type RemoteJWKSet,
} from 'jose';
import { DomainError } from '../contract/domain-error.js';

/** Where tokens come from and whom they are for. Also the token by which Nest injects them. */
export abstract class HttpSettings {
  /**
   * Asked at the first request: the address of an app that serves its own keys is known only once it listens. Where there
   * are several, each has the same keys.
   */
  abstract readonly jwksUrls: () => readonly string[];
  abstract readonly issuer: string;
  abstract readonly audience: string;
}

/** Who is asking. */
export interface Principal {
  id: string;
  roles: string[];
}

/** Signatures whose key the verifier need not keep secret; `none` and HMAC are refused before any key is looked up. */
export const SIGNATURE_ALGORITHMS = ['EdDSA', 'Ed25519', 'ES256'];

const CLOCK_TOLERANCE_SECONDS = 5;
const JWKS_TIMEOUT_MS = 2_000;
/** So often it is looked whether a key has been withdrawn. */
const JWKS_RELOAD_MS = 600_000;

/** About a key, not about reaching the keys: the token is at fault. */
const TOKEN_AT_FAULT = new Set([
  'ERR_JWKS_NO_MATCHING_KEY',
  'ERR_JWKS_MULTIPLE_MATCHING_KEYS',
  'ERR_JOSE_NOT_SUPPORTED',
]);

/**
 * Verifies bearer tokens (RFC 7519, RFC 8725) by the published keys, which it fetches at the first one, at an unknown key
 * id, and now and then. Those that it has serve until it gets others, because whoever publishes them may be away.
 */
@Injectable()
export class TokenVerifier {
  private keys: RemoteJWKSet | undefined;
  private reloadedAt = Date.now();

  constructor(private readonly settings: HttpSettings) {}

  /** @throws DomainError `unauthorized` for a token that does not hold; 503 when the keys cannot be reached. */
  async verify(token: string): Promise<Principal> {
    return principalOf(await this.claimsOf(token));
  }

  private async claimsOf(token: string): Promise<JWTPayload> {
    try {
      const { payload } = await jwtVerify(token, this.keyFor, {
        algorithms: SIGNATURE_ALGORITHMS,
        issuer: this.settings.issuer,
        audience: this.settings.audience,
        clockTolerance: CLOCK_TOLERANCE_SECONDS,
        requiredClaims: ['sub', 'exp'],
      });
      return payload;
    } catch (error) {
      if (error instanceof ServiceUnavailableException) throw error;
      const expired = error instanceof errors.JWTExpired;
      throw unauthorized(expired ? 'The token has expired: sign in again.' : 'The token is not valid: sign in again.');
    }
  }

  private readonly keyFor: JWTVerifyGetKey = async (header, token) => {
    this.keys ??= keysAt(this.settings.jwksUrls());
    this.reloadWhenOld(this.keys);
    try {
      return await this.keys(header, token);
    } catch (error) {
      if (error instanceof errors.JOSEError && TOKEN_AT_FAULT.has(error.code)) throw error;
      throw new ServiceUnavailableException('The keys that tokens are verified by cannot be reached.', {
        cause: error,
      });
    }
  };

  private reloadWhenOld(keys: RemoteJWKSet): void {
    if (Date.now() - this.reloadedAt < JWKS_RELOAD_MS) return;
    this.reloadedAt = Date.now();
    keys.reload().catch(() => undefined);
  }
}

/** All are asked at once, and the first answer counts: one that is away, or hangs, is not waited for. */
function keysAt(urls: readonly string[]): RemoteJWKSet {
  const fetchFirst: FetchImplementation = (_url, options) => Promise.any(urls.map((url) => fetchWhole(url, options)));
  return createRemoteJWKSet(new URL(urls[0] as string), {
    timeoutDuration: JWKS_TIMEOUT_MS,
    cacheMaxAge: Number.POSITIVE_INFINITY,
    [customFetch]: fetchFirst,
  });
}

/** Read to its end, whether it counts or not: half an answer would keep its connection. */
async function fetchWhole(url: string, options: RequestInit): Promise<Response> {
  const answer = await fetch(url, options);
  if (answer.status !== 200) throw new Error(`${url} answers ${answer.status}`);
  return Response.json(await answer.json());
}

export function unauthorized(message: string): DomainError {
  return new DomainError('unauthorized', 'unauthorized', message);
}

function principalOf({ sub, roles }: JWTPayload): Principal {
  if (typeof sub !== 'string' || sub === '') throw unauthorized('The token names nobody: sign in again.');
  return { id: sub, roles: Array.isArray(roles) ? roles.filter((role) => typeof role === 'string') : [] };
}

import { calculateJwkThumbprint, exportJWK, generateKeyPair, type JWK } from 'jose';
import type { UnitOfWork } from '#kernel/persistence/unit-of-work';

/** ECDSA on P-256: what every library that verifies tokens knows. */
export const SIGNATURE_ALGORITHM = 'ES256';

export interface SigningKey {
  kid: string;
  privateJwk: JWK;
}

const FIRST_GENERATION = 1;

/**
 * The key that all instances sign with, kept across restarts. Where there is none yet, one is made; of several
 * instances that start at once, the first insert wins and everybody takes that one.
 */
export async function settleSigningKey(unitOfWork: UnitOfWork): Promise<SigningKey> {
  return (await keptKey(unitOfWork)) ?? (await keepKey(unitOfWork, await generateKey()));
}

async function keptKey(unitOfWork: UnitOfWork): Promise<SigningKey | undefined> {
  const [key] = await unitOfWork.query<SigningKey>(
    'select kid, private_jwk as "privateJwk" from signing_key where generation = $1',
    [FIRST_GENERATION],
  );
  return key;
}

async function keepKey(unitOfWork: UnitOfWork, { kid, privateJwk }: SigningKey): Promise<SigningKey> {
  return unitOfWork.transaction(async (tx) => {
    await tx.query(
      'insert into signing_key (generation, kid, private_jwk) values ($1, $2, $3::jsonb) on conflict do nothing',
      [FIRST_GENERATION, kid, JSON.stringify(privateJwk)],
    );
    const key = await keptKey(unitOfWork);
    if (!key) throw new Error('The signing key was neither inserted nor found.');
    return key;
  });
}

async function generateKey(): Promise<SigningKey> {
  const { privateKey } = await generateKeyPair(SIGNATURE_ALGORITHM, { extractable: true });
  const privateJwk = await exportJWK(privateKey);
  return { kid: await calculateJwkThumbprint(privateJwk), privateJwk };
}

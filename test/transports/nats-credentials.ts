import { nkeys } from '@nats-io/transport-node';

type KeyPair = ReturnType<typeof nkeys.createUser>;

const UNLIMITED = { subs: -1, data: -1, payload: -1 };
const ACCOUNT_LIMITS = { ...UNLIMITED, imports: -1, exports: -1, wildcards: true, conn: -1, leaf: -1 };

export interface OperatorMode {
  /** The server's. */
  readonly configuration: string;
  /** The contents of a user's file. */
  readonly credentials: string;
  /** The same, of somebody who has the user's token but not his key. */
  readonly forged: string;
}

/** An operator, an account and a user, as `nsc` makes them. */
export function operatorMode(): OperatorMode {
  const operator = nkeys.createOperator();
  const account = nkeys.createAccount();
  const user = nkeys.createUser();
  const operatorToken = token(operator, operator, 'operator', {});
  const accountToken = token(operator, account, 'account', { limits: ACCOUNT_LIMITS });
  const userToken = token(account, user, 'user', UNLIMITED);
  return {
    configuration: `operator: ${operatorToken}\nresolver: MEMORY\nresolver_preload: { ${account.getPublicKey()}: ${accountToken} }`,
    credentials: fileOf(userToken, user),
    forged: fileOf(userToken, nkeys.createUser()),
  };
}

function fileOf(token: string, user: KeyPair): string {
  const seed = Buffer.from(user.getSeed()).toString();
  return [
    `-----BEGIN NATS USER JWT-----\n${token}\n------END NATS USER JWT------\n`,
    `-----BEGIN USER NKEY SEED-----\n${seed}\n------END USER NKEY SEED------\n`,
  ].join('\n');
}

/** Source: NATS documentation, "JWT", and the nats-io/jwt library, version 2. */
function token(issuer: KeyPair, subject: KeyPair, type: string, nats: object): string {
  const claims = {
    jti: subject.getPublicKey(),
    iat: Math.floor(Date.now() / 1_000),
    iss: issuer.getPublicKey(),
    name: type,
    sub: subject.getPublicKey(),
    nats: { ...nats, type, version: 2 },
  };
  const unsigned = [{ typ: 'JWT', alg: 'ed25519-nkey' }, claims]
    .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
    .join('.');
  return `${unsigned}.${Buffer.from(issuer.sign(Buffer.from(unsigned))).toString('base64url')}`;
}

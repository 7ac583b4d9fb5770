import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { ForeignBytes } from './frames.js';

/** Who may speak with whom: every app of a topology knows the same secret. */
export interface WireSecurity {
  /** At least 32 characters. */
  readonly secret: string;
  /** PEM. Both ends show a certificate that this authority has signed. Absent: what is said can be read and altered. */
  readonly tls?: { readonly cert: string; readonly key: string; readonly ca: string } | undefined;
}

export const PROTOCOL = 2;

/** The server's first word. */
export interface Hello {
  readonly protocol: number;
  readonly nonce: string;
}

/** The client's answer: who it is, whom it wants, and that it knows the secret. */
export interface Introduction {
  readonly from: string;
  readonly to: string;
  readonly nonce: string;
  readonly proof: string;
}

/** The server's last word: that it knows the secret too. */
export interface Welcome {
  readonly proof: string;
}

/** Nobody but who knows the secret learns anything: the client proves itself first, then the server does. */
export function newNonce(): string {
  return randomBytes(24).toString('base64url');
}

/** Says that `role` knows the secret, for these two nonces and these two apps and nothing else. Source: RFC 2104; ISO/IEC 9798-4. */
export function proofOf(
  role: 'client' | 'server',
  { secret }: WireSecurity,
  parties: { from: string; to: string; clientNonce: string; serverNonce: string },
): string {
  const { from, to, clientNonce, serverNonce } = parties;
  return createHmac('sha256', secret)
    .update(JSON.stringify([role, from, to, clientNonce, serverNonce]))
    .digest('base64url');
}

export function isProof(given: string, expected: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(expected)];
  return a.length === b.length && timingSafeEqual(a, b);
}

/** @throws ForeignBytes */
export function readHello(body: Buffer): Hello {
  return read<Hello>(body, { protocol: 'number', nonce: 'string' });
}

/** @throws ForeignBytes */
export function readIntroduction(body: Buffer): Introduction {
  return read<Introduction>(body, { from: 'string', to: 'string', nonce: 'string', proof: 'string' });
}

/** @throws ForeignBytes */
export function readWelcome(body: Buffer): Welcome {
  return read<Welcome>(body, { proof: 'string' });
}

function read<Said extends object>(body: Buffer, shape: Record<keyof Said, 'number' | 'string'>): Said {
  let said: Record<string, unknown> | null;
  try {
    said = JSON.parse(body.toString());
  } catch {
    said = null;
  }
  if (!Object.entries(shape).every(([part, type]) => typeof said?.[part] === type))
    throw new ForeignBytes('What came is no word of the handshake.');
  return said as Said;
}

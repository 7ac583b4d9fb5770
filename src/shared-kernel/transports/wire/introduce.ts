import type { Socket } from 'node:net';
import { ForeignBytes, FrameReader, frame, KIND, MOST_OF_A_STRANGER } from './frames.js';
import { isProof, newNonce, PROTOCOL, proofOf, readHello, readWelcome, type WireSecurity } from './handshake.js';

/** Codes by which Node and OpenSSL say that a certificate does not fit. */
const CERTIFICATES = /^(?:DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_|CERT_|ERR_TLS_CERT)/;

/** Who calls whom. */
export interface Parties {
  readonly from: string;
  readonly to: string;
}

/**
 * The caller's side of the handshake, on a socket that is just being connected:
 *
 *   connecting ──hello──▶ introduced ──welcome, proof holds──▶ resolved
 *                           └─ refused, no proof, no words of ours, hung up ──▶ rejected with why, and destroyed
 */
export function introduce(socket: Socket, parties: Parties, security: WireSecurity): Promise<void> {
  return new Promise((resolve, reject) => {
    const introduction = new Introducing(socket, parties, security);
    const reader = new FrameReader(MOST_OF_A_STRANGER, (kind, _id, body) => {
      if (!introduction.hears(kind, body)) return;
      socket.off('data', read);
      resolve();
    });
    const read = (piece: Buffer) => {
      try {
        reader.push(piece);
      } catch (error) {
        socket.destroy(
          error instanceof ForeignBytes ? new Error('whoever listens there is no app of ours') : (error as Error),
        );
      }
    };
    socket.on('data', read);
    socket.once('error', (error) => reject(explained(error)));
    socket.once('close', () => reject(new Error('it hung up, and its log may say why')));
  });
}

class Introducing {
  private readonly clientNonce = newNonce();
  /** What the server has to prove; undefined until it has said hello. */
  private expected: string | undefined;

  constructor(
    private readonly socket: Socket,
    private readonly parties: Parties,
    private readonly security: WireSecurity,
  ) {}

  /** Whether that was the welcome. @throws with why there will be none. */
  hears(kind: number, body: Buffer): boolean {
    if (kind === KIND.refused) throw new Error(`it refused: ${printable(body)}`);
    if (kind === KIND.hello && this.expected === undefined) {
      this.expected = this.answerTo(body);
      return false;
    }
    if (kind !== KIND.welcome || this.expected === undefined) throw new ForeignBytes(`A frame of kind ${kind} came.`);
    if (!isProof(readWelcome(body).proof, this.expected))
      throw new Error('whoever listens there does not know the secret: every app needs the same SEAMLINE_SECRET');
    return true;
  }

  /** Answers what the server has to prove. */
  private answerTo(hello: Buffer): string {
    const { protocol, nonce: serverNonce } = readHello(hello);
    if (protocol !== PROTOCOL)
      throw new Error(
        `it speaks version ${protocol} of the protocol and this app version ${PROTOCOL}: run the same version in both`,
      );
    const { clientNonce, security } = this;
    const proven = { ...this.parties, clientNonce, serverNonce };
    const introduction = { ...this.parties, nonce: clientNonce, proof: proofOf('client', security, proven) };
    this.socket.write(frame(KIND.proof, 0, JSON.stringify(introduction)));
    return proofOf('server', security, proven);
  }
}

/** Of a certificate Node tells what is wrong with it, and not who can mend that. */
function explained(error: NodeJS.ErrnoException): Error {
  if (error.code === undefined || !CERTIFICATES.test(error.code)) return error;
  const mend = 'every app needs one of the authority in WIRE_TLS_CA that names the host at which the app is reached';
  return new Error(`its certificate is not accepted here (${error.message}): ${mend}`);
}

/** What a stranger says, fit for one line of a log. */
function printable(body: Buffer): string {
  return body.toString().replaceAll(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ');
}

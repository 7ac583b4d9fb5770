import { createServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { Logger } from '@nestjs/common';
import { variableOf } from '../../topology/topology.js';
import { ForeignBytes, FrameReader, frame, KIND, MOST_OF_A_STRANGER } from './frames.js';
import {
  type Introduction,
  isProof,
  newNonce,
  PROTOCOL,
  proofOf,
  readIntroduction,
  type WireSecurity,
} from './handshake.js';
import { Refusals } from './refusals.js';
import { type Answer, type Channel, WireConnection } from './wire-connection.js';

/** Who has not shown within this that he belongs here is sent away. In milliseconds. */
const HANDSHAKE_WITHIN = 3_000;
/** Connections that have not shown yet whose they are. */
const MOST_STRANGERS = 100;
/** All together, those among them that are still at TLS. */
const MOST_CONNECTIONS = 1_000;
/** Those who are here are given so long for what is under way. In milliseconds. */
const LEAVE_WITHIN = 5_000;

export interface WireAddress {
  readonly host: string;
  /** 0 lets the system choose. */
  readonly port: number;
}

/** Listens for the other apps of the topology, and answers them and nobody else. */
export class WireServer {
  private readonly refusals: Refusals;
  private readonly server: Server;
  private readonly connections = new Set<WireConnection>();
  private readonly strangers = new Set<Socket>();
  private readonly answers: Partial<Record<Channel, Answer>> = {};

  constructor(
    private readonly app: string,
    private readonly security: WireSecurity,
  ) {
    this.refusals = new Refusals(app);
    const { tls } = security;
    const welcome = (socket: Socket) => this.meet(socket);
    this.server = tls
      ? createTlsServer({ ...tls, ...STRICTLY, handshakeTimeout: HANDSHAKE_WITHIN }, welcome)
      : createServer(welcome);
    this.server.maxConnections = MOST_CONNECTIONS;
    this.server.on('tlsClientError', (error: NodeJS.ErrnoException, { remoteAddress }: Socket) =>
      this.refusals.tell(remoteAddress, `it has shown no certificate that is accepted here (${error.code})`),
    );
  }

  /** What is answered on a channel; to be said before `listen`. */
  answer(channel: Channel, answer: Answer): void {
    this.answers[channel] = answer;
  }

  /** Answers where it listens. @throws when the address is taken. */
  async listen({ host, port }: WireAddress): Promise<WireAddress> {
    const log = new Logger(`${this.app}.wire`);
    await new Promise<void>((resolve, reject) => {
      this.server.once('error', reject);
      this.server.listen(port, host, () => {
        this.server.off('error', reject);
        this.server.on('error', (error) => log.warn(`A caller could not be taken: ${error.message}`));
        resolve();
      });
    });
    const address = this.server.address();
    return { host, port: typeof address === 'object' && address ? address.port : port };
  }

  /** Takes nobody any more, and answers those who are here what they have asked. */
  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.server.close(() => resolve()));
    for (const socket of this.strangers) socket.destroy();
    await Promise.all([...this.connections].map((connection) => connection.leave(LEAVE_WITHIN)));
    await closed;
  }

  /**
   *   accepted ──hello──▶ waiting ──introduction, proof holds──▶ welcome ──▶ a WireConnection
   *                          └─ anything else, or silence ──▶ refused, closed
   */
  private meet(socket: Socket): void {
    const { remoteAddress } = socket;
    socket.on('error', () => undefined);
    this.makeRoom();
    this.strangers.add(socket);
    const refuse = (why: string) => {
      this.refusals.tell(remoteAddress, why);
      socket.destroy();
    };
    const late = setTimeout(() => refuse(`it said nothing within ${HANDSHAKE_WITHIN} ms`), HANDSHAKE_WITHIN);
    const leave = () => {
      clearTimeout(late);
      this.strangers.delete(socket);
    };
    socket.once('close', leave);
    const serverNonce = newNonce();
    let hasSpoken = false;
    const reader = new FrameReader(MOST_OF_A_STRANGER, (kind, _id, body) => {
      if (kind !== KIND.proof || hasSpoken) throw new ForeignBytes(`A frame of kind ${kind} came.`);
      const introduction = readIntroduction(body);
      hasSpoken = true;
      socket.off('data', read);
      leave();
      this.admit(socket, introduction, serverNonce);
    });
    const read = (piece: Buffer) => {
      try {
        reader.push(piece);
      } catch (error) {
        if (!(error instanceof ForeignBytes)) throw error;
        refuse('it does not speak as an app of ours does');
      }
    };
    socket.on('data', read);
    socket.write(frame(KIND.hello, 0, JSON.stringify({ protocol: PROTOCOL, nonce: serverNonce })));
  }

  /** An app shows at once whose it is, so whoever has not for longest is the least likely to be one. */
  private makeRoom(): void {
    const [longest] = this.strangers;
    if (!longest || this.strangers.size < MOST_STRANGERS) return;
    this.refusals.tell(longest.remoteAddress, `${MOST_STRANGERS} callers at once have not shown whose they are`);
    this.strangers.delete(longest);
    longest.destroy();
  }

  private admit(socket: Socket, introduction: Introduction, serverNonce: string): void {
    const refusal = this.refusalOf(introduction, serverNonce);
    if (refusal !== undefined) {
      this.refusals.tell(socket.remoteAddress, refusal);
      socket.write(frame(KIND.refused, 0, refusal));
      socket.destroySoon();
      return;
    }
    const { from, nonce } = introduction;
    const connection = new WireConnection(socket, from, this.answers);
    this.connections.add(connection);
    const { remoteAddress } = socket;
    void connection.closed.then((lostTo) => {
      this.connections.delete(connection);
      if (lostTo instanceof ForeignBytes)
        this.refusals.tell(remoteAddress, `${from} does not speak as an app of ours does`);
    });
    const parties = { from, to: this.app, clientNonce: nonce, serverNonce };
    socket.write(frame(KIND.welcome, 0, JSON.stringify({ proof: proofOf('server', this.security, parties) })));
  }

  /** A stranger hears nothing of whom he has reached: what is wrong with his address only who knows the secret is told. */
  private refusalOf({ from, to, nonce, proof }: Introduction, serverNonce: string): string | undefined {
    const parties = { from, to, clientNonce: nonce, serverNonce };
    if (!isProof(proof, proofOf('client', this.security, parties)))
      return 'the secrets differ: every app needs the same SEAMLINE_SECRET';
    if (to === this.app) return undefined;
    return `this is ${this.app}, not ${to}: correct "wire" of ${to} in topology.json, or ${variableOf(to, 'WIRE')}`;
  }
}

/** Both ends show who they are, by the newest protocol. */
const STRICTLY = { requestCert: true, rejectUnauthorized: true, minVersion: 'TLSv1.3' } as const;

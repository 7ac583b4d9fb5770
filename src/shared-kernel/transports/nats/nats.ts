import { nuid } from '@nats-io/transport-node';
import { USUAL_SYSTEM } from '../../topology/system-name.js';
import { Parting } from '../parting.js';
import type { Acknowledgement, Batch, OnBatch, Transport } from '../transport.js';
import { Inbound } from './inbound.js';
import { Line } from './line.js';
import { Outbound } from './outbound.js';
import type { NatsServer } from './server.js';
import { Subjects } from './subjects.js';

/**
 * Over core NATS: a batch is a request, the acknowledgement its answer, and the server keeps nothing. The sender's outbox is
 * the copy that counts, so a stream would only be a second one to declare, to fill and to lose.
 */
export class NatsTransport implements Transport {
  private readonly inbound: Inbound;
  private readonly outbound: Outbound;
  private readonly line: Line;

  /**
   * @param app for the server's list of connections
   * @param system what all subjects begin with
   */
  constructor(server: NatsServer, app: string, system = USUAL_SYSTEM) {
    const name = nuid.next();
    const subjects = new Subjects(system);
    this.inbound = new Inbound(name, subjects, () => this.line.open);
    this.outbound = new Outbound(name, subjects, () => this.line.open);
    this.line = new Line(
      server,
      { app, system },
      {
        up: (connection) => {
          this.outbound.up(connection);
          this.inbound.up(connection);
        },
        down: (why) => this.outbound.lost(why),
        refused: (subject, why) => this.outbound.refused(subject, why),
      },
    );
  }

  /** @throws BrokerNotUsable */
  connect(): Promise<void> {
    return this.line.connect();
  }

  send(batch: Batch): Promise<Acknowledgement> {
    return this.outbound.send(batch);
  }

  consume(subscriber: string, onBatch: OnBatch): void {
    this.inbound.consume(subscriber, onBatch);
  }

  async close(): Promise<void> {
    const parting = new Parting();
    await this.inbound.end(parting);
    this.outbound.close();
    await this.line.close(parting);
  }
}

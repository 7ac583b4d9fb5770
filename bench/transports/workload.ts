import type { Checked, Purchase } from '../messaging/workload.js';

export interface Overall {
  /** Of the broker, or `direct` where there is none. */
  readonly transport: TransportName;
}
export type TransportName = 'direct' | 'bullmq' | 'rabbitmq' | 'nats';

export interface DrainWork extends Overall {
  readonly messages: number;
  /** Of the plain client: how many events travel as one; Seamline's pages hold as many. */
  readonly eventsALetter: number;
  /** Of the plain client: how many letters are taken at once; Seamline has as many partitions. */
  readonly atOnce: number;
}

export interface SteadyWork extends DrainWork {
  readonly perSecond: number;
  readonly warmUpSeconds: number;
  readonly seconds: number;
}

/** Moments are those of {@link machineTime}, which sender and receiver share. */
export interface Begun {
  readonly begin: number;
}
export interface Sent extends Begun {
  /** When each message's own transaction was committed, and its sender knew; warm-up included. */
  readonly committed: Readonly<Record<string, number>>;
}
export interface Taken extends Checked {
  readonly doneAt: number;
  /** When each message's effect was committed; where it is asked for. */
  readonly taken: Readonly<Record<string, number>>;
}

/** CloudEvents in JSON, as Seamline's are, so that as many bytes travel. */
export interface PlainEvent {
  readonly specversion: '1.0';
  readonly id: string;
  readonly source: string;
  readonly type: string;
  readonly subject: string;
  readonly time: string;
  readonly datacontenttype: 'application/json';
  readonly data: Purchase;
  readonly correlationid: string;
}

export function eventOf(purchase: Purchase): PlainEvent {
  return {
    specversion: '1.0',
    id: purchase.purchase,
    source: '/purchases',
    type: 'purchases.purchase-placed.v1',
    subject: purchase.customer,
    time: new Date().toISOString(),
    datacontenttype: 'application/json',
    data: purchase,
    correlationid: purchase.purchase,
  };
}

import { z } from 'zod';

/**
 * What travels: CloudEvents 1.0 in JSON, with the extensions for tracing (W3C Trace Context), correlation, causation
 * and the partition key. A program in another language can read it.
 * Source: CloudEvents 1.0.2, "Context Attributes" and the distributed tracing, partitioning and sequence extensions.
 */
export const Envelope = z.object({
  specversion: z.literal('1.0'),
  /** UUIDv7: unique for all time, and the day inside it tells where the inbox keeps it. */
  id: z.uuid(),
  /** The publishing module, as `/orders`. */
  source: z.string(),
  type: z.string(),
  /** The ordering key. */
  subject: z.string(),
  /** When it was published, ISO 8601 in UTC. */
  time: z.string(),
  datacontenttype: z.literal('application/json'),
  data: z.record(z.string(), z.unknown()),
  correlationid: z.string(),
  /** The id of the message that this one answers; absent when a request from outside caused it. */
  causationid: z.string().optional(),
  traceparent: z.string().optional(),
  tracestate: z.string().optional(),
  /** The version of the aggregate that the message speaks of. */
  sequence: z.string().optional(),
});

export type Envelope = z.infer<typeof Envelope>;

/** The module an envelope came from. */
export function sourceModule(envelope: Envelope): string {
  return envelope.source.slice(1);
}

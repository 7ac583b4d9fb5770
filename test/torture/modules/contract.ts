import { z } from 'zod';
import { defineCommand, defineEvent } from '#kernel/contract/message';

/** The `n`-th thing that happened to `key`, in the transaction that called itself `stroke`. */
const Step = z.strictObject({ key: z.string(), n: z.int(), stroke: z.uuid() });
export type Step = z.output<typeof Step>;

/** A number was taken. */
export const Posted = defineEvent('ledger.posted.v1', 'key', Step);
/** A number was taken by what no mirror can ever take: it ends as a dead letter, and its key goes on. */
export const Cursed = defineEvent('ledger.cursed.v1', 'key', Step);
/** The mirror has it; the ledger may say so. */
export const Confirm = defineCommand('ledger.confirm.v1', 'key', Step);
/** The ledger knows that the mirror has it. */
export const Confirmed = defineEvent('ledger.confirmed.v1', 'key', Step);
/** The mirror's word to itself, some seconds later. */
export const Remind = defineCommand('mirror.remind.v1', 'key', Step);
/** Only of every so-manieth number of a key. */
export const REMINDED_EVERY = 20;

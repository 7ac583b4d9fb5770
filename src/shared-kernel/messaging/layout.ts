/** Partitions of keys: what one key's messages share, and what instances divide among themselves. Never changed. */
export const PARTITIONS = 4;
/** Slots of the outbox's ring: a day each, so that it holds the retention, today and some to spare. */
export const OUTBOX_SLOTS = 10;
/** Slots of the inbox's ring, by the day inside the UUIDv7; more than the outbox has, for it remembers longer. */
export const INBOX_SLOTS = 16;

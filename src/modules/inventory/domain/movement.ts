/** Why stock changed, and what one piece of it does to the counts. */
export const EFFECT = {
  receipt: { onHand: 1, reserved: 0 },
  adjustment: { onHand: 1, reserved: 0 },
  reserve: { onHand: 0, reserved: 1 },
  release: { onHand: 0, reserved: -1 },
  fulfil: { onHand: -1, reserved: -1 },
  'take-back': { onHand: 1, reserved: 0 },
} as const;

/** One entry of the ledger, whatever the number of its lines. */
export interface Movement {
  readonly kind: keyof typeof EFFECT;
  /** What it is for, in the words of another module. */
  readonly reference?: string;
  /** What it is for, in a person's words. */
  readonly reason?: string;
}

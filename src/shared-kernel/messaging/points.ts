import { type Channel, channel } from 'node:diagnostics_channel';

/**
 * Moments in the life of a message, for whoever wants to watch or to interfere: measurements, and tests that end the
 * process just there. Nobody listens in an ordinary run, and it costs nothing then.
 * Source: Node.js manual, "Diagnostics Channel".
 */
export const points = {
  beforeCommit: channel('seamline.transaction.before-commit'),
  committed: channel('seamline.transaction.committed'),
  pageRead: channel('seamline.relay.read'),
  /** The receiver has taken a batch; the cursor has not moved yet. */
  acknowledged: channel('seamline.relay.acknowledged'),
  positionKept: channel('seamline.relay.persisted'),
  /** The handlers have run; nothing is committed. */
  handled: channel('seamline.receiver.handled'),
  /** The batch is committed; the acknowledgement has not been given. */
  taken: channel('seamline.receiver.committed'),
  /** The inbox has dropped messages that came again. */
  duplicates: channel('seamline.receiver.duplicates'),
  parkedClaimed: channel('seamline.waiting.claimed'),
  parkedHandled: channel('seamline.waiting.handled'),
};

export function pass(point: Channel, module: string, messages = 0): void {
  if (point.hasSubscribers) point.publish({ module, messages });
}

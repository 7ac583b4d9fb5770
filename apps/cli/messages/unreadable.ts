import type { Unreadable } from '#kernel/messaging/care/views';
import type { Terminal } from './terminal.js';

/** Says of which modules something is missing above, and that the command did not do all that was asked of it. */
export function tellUnreadable(terminal: Terminal, unreadable: Unreadable): void {
  for (const { problem } of unreadable) terminal.print(`\n${problem}`);
  endUnread(terminal, unreadable);
}

/** For an answer that says it by itself, as JSON does. */
export function endUnread(terminal: Terminal, unreadable: Unreadable): void {
  if (unreadable.length > 0) terminal.exit(1);
}

/**
 * Tells that nobody wants the outcome any more: as much of an AbortSignal as is asked of one in here. A real one takes
 * its place anywhere, but making it costs more than all the rest of a call.
 */
export interface Cancellation {
  readonly aborted: boolean;
  readonly reason: unknown;
  addEventListener(type: 'abort', listener: () => void, options?: { once?: boolean }): void;
  removeEventListener(type: 'abort', listener: () => void): void;
}

/** One that is told by `abort`, once. */
export class Cancelling implements Cancellation {
  aborted = false;
  reason: unknown;
  /** Most have one listener, and many none. */
  private listeners: (() => void)[] | undefined;

  abort(reason: unknown): void {
    if (this.aborted) return;
    this.aborted = true;
    this.reason = reason;
    const { listeners = [] } = this;
    this.listeners = undefined;
    for (const listener of listeners) listener();
  }

  addEventListener(_type: 'abort', listener: () => void): void {
    if (this.listeners) this.listeners.push(listener);
    else this.listeners = [listener];
  }

  removeEventListener(_type: 'abort', listener: () => void): void {
    if (this.listeners?.length === 1 && this.listeners[0] === listener) this.listeners = undefined;
    else this.listeners = this.listeners?.filter((each) => each !== listener);
  }
}

/** One block of an event stream, up to and including the blank line that ends it. */
export interface SseFrame {
  /** The `event:` field; `undefined` where there was none. */
  readonly event?: string;
  /** The `data:` lines joined by LF; `undefined` for a block without data (comments, blank lines). */
  readonly data?: string;
  /** Exactly what came, so that it can be sent on as it is. */
  readonly raw: string;
}

import type { Source } from "../chat/pull.ts";
import type { Cancellation } from "../pipeline/cancellation.ts";

export interface TransportRequest {
  readonly method: "GET" | "POST";
  /** Absolute; its origin comes from configuration, never from a client. */
  readonly url: string;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
  /** Aborting it closes the connection at once, whether or not the answer has begun. */
  readonly signal: AbortSignal;
  /** The same as `signal`, for a transport that wants to save making one. */
  readonly cancellation?: Cancellation;
}

export interface TransportResponse {
  readonly status: number;
  /** Names in lower case; of repeated headers the values joined by `, `. */
  readonly headers: Readonly<Record<string, string>>;
  /**
   * What each network read brought, decoded from its content-encoding. Nothing is read ahead while nobody asks.
   * `return` closes the connection unless the answer was read to its end. It throws an `UpstreamError` where the
   * connection breaks before that.
   */
  readonly body: Source<Uint8Array>;
}

/** Brings bytes to a provider and back. The gateway's only way out, so a test or a simulation can replace it. */
export interface Transport {
  /**
   * Resolves when the status line and headers are in.
   *
   * @throws UpstreamError `upstream_unreachable`, `upstream_tls_error` or `upstream_reset`; or the signal's reason.
   */
  readonly send: (request: TransportRequest) => Promise<TransportResponse>;
  /** Closes idle connections and waits for those in use. */
  readonly close: () => Promise<void>;
}

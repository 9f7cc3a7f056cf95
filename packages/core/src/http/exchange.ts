import type { Clock } from "../pipeline/clock.ts";

/** What a client's body can be by the time it reaches the gateway: raw bytes, or what the host already parsed. */
export type Body =
  | {
      readonly type: "bytes";
      readonly bytes: Uint8Array;
      /** Set where the host has read them: it has undone their `content-encoding`, which the header still names. */
      readonly isDecoded?: true;
    }
  | { readonly type: "parsed"; readonly value: unknown };

export interface BodyLimits {
  readonly maxBytes: number;
  /** Longest the body may take to arrive, in milliseconds. */
  readonly timeoutMs: number;
  readonly clock: Clock;
}

/** A request as it comes to the gateway, whatever the host calls it. */
export interface Incoming {
  readonly method: string;
  /** Below the mount path, without the query. */
  readonly path: string;
  readonly scheme: "http" | "https";
  /** A header by its lower-case name; of a repeated one the first. */
  readonly header: (name: string) => string | undefined;
  /** A parameter of the query string. */
  readonly query: (name: string) => string | undefined;
  /** Address of the peer, where the host knows it. */
  readonly remoteAddress: string | undefined;
  /**
   * Reads the body.
   *
   * @throws GatewayError `request_too_large`, `request_timeout`, or `internal_error` where the host consumed it.
   */
  readonly body: (limits: BodyLimits) => Promise<Body>;
  /** The host's own request object, for `authenticate`. */
  readonly raw: unknown;
}

/** The way back to the client. No method throws; after the client has gone they do nothing. */
export interface Outgoing {
  readonly start: (status: number, headers: Readonly<Record<string, string>>) => void;
  /** `false`: the client is slow, wait for `drained` before the next write. */
  readonly write: (chunk: string | Uint8Array) => boolean;
  readonly drained: () => Promise<void>;
  /** Ends a complete answer. */
  readonly end: (chunk?: string | Uint8Array) => void;
  /**
   * Sends what is there and then breaks the connection: the answer is not complete and must not look so. Resolves when it
   * is broken, where that takes a while.
   */
  readonly breakOff: (chunk: string | Uint8Array) => Promise<void> | void;
  /** Calls back once when the connection closes before the answer was ended. */
  readonly onClose: (callback: () => void) => void;
}

/** What an adapter needs of a gateway. */
export interface Door {
  /** Serves one exchange. Never rejects: every failure becomes an answer. */
  readonly handle: (incoming: Incoming, outgoing: Outgoing) => Promise<void>;
  /** Whether a method and a path below the mount path are the gateway's; everything else is the host's own. */
  readonly answers: (method: string, path: string) => boolean;
}

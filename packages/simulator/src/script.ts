import type { ProviderId } from "./providers/provider.ts";

/** A tool call in a scripted reply. */
export interface ScriptedToolCall {
  readonly name: string;
  /** An object, or the text of the arguments as it is to be sent. */
  readonly arguments: object | string;
}

/** What is answered instead of what the simulator would have said. */
export interface ScriptedReply {
  readonly text?: string;
  readonly toolCalls?: readonly ScriptedToolCall[];
  /** Thoughts before the answer; they are shown in the provider's own way. */
  readonly reasoning?: string;
  /** Numbers that are reported instead of the counted ones. Totals: the cached and reasoning tokens are parts of them. */
  readonly usage?: {
    readonly inputTokens?: number;
    readonly outputTokens?: number;
    readonly cacheReadTokens?: number;
    readonly cacheWriteTokens?: number;
    readonly reasoningTokens?: number;
  };
  /** The provider's own word, sent as it is. */
  readonly finishReason?: string;
}

/** How the bytes of a recording or a body are sent. */
export interface ByteDelivery {
  /** Only the bytes before this offset are sent. */
  readonly cutAt?: number;
  /** Sizes of the network writes in turn; when they are used up they start again. One write by default. */
  readonly chunkSizes?: readonly number[];
  /**
   * After the last byte: a proper end of the body, or the connection is closed without one.
   *
   * @default "end"
   */
  readonly how?: "end" | "destroy";
}

/** An HTTP answer given byte by byte. */
export interface ScriptedBody extends ByteDelivery {
  /** @default 200 */
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly bytes: string | Uint8Array;
}

/** Which requests a script is for, and for how many of them. */
export interface ScriptScope {
  /** Only requests to this provider. */
  readonly provider?: ProviderId;
  /** Only requests for this model, by its exact name. */
  readonly model?: string;
  /** How many requests it answers before it is used up; without it, every one until `reset`. */
  readonly times?: number;
}

/**
 * A behaviour that takes precedence over everything else, checks of the request included. Of several that fit, the one
 * that was given first is used.
 */
export type Script = ScriptScope &
  (
    | { readonly reply: ScriptedReply }
    /** A fault by its name, such as `503`, `503*2` (twice, unless `times` says otherwise) or `429?retry-after=2`. */
    | { readonly fault: string }
    /** A folder with `meta.json` and the recorded body, which is served byte for byte. */
    | ({ readonly recording: string } & ByteDelivery)
    | { readonly body: ScriptedBody }
  );

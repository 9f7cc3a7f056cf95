import type { CollectedReply } from "../chat/collect.ts";
import type { ChatEvent, EventBatch } from "../chat/event.ts";
import type { FrameRun } from "../chat/frame.ts";
import type { ChatRequest } from "../chat/request.ts";
import type { GatewayError } from "../errors.ts";
import type { StreamFrame } from "../transport/frame.ts";
import type { MediaPart } from "./media-address.ts";
import type { Quirks } from "./quirks.ts";

/** A JSON object from outside: nothing in it has been checked. */
export type Json = Readonly<Record<string, unknown>>;

/** What the encoders of one answer need to know besides its events. */
export interface EncodeOptions {
  /** Base of ids the provider did not give. */
  readonly requestId: string;
  /** Unix seconds, where the provider did not say when. */
  readonly created: number;
  /** As the client sent it: what it asked for decides what it is told (usage, cost). */
  readonly request: ChatRequest;
  /** The answer is kept, so that its client may refer to it. */
  readonly isKept?: boolean;
}

/** Writes one streamed answer. Stateful: made for one answer, called in order. */
export interface EventEncoder {
  /** The bytes for these events, frames that nobody touched as they came; may be empty. */
  readonly encode: (batch: EventBatch) => string | Uint8Array;
  /** What closes an answer that came to its proper end. */
  readonly end: () => string | Uint8Array;
  /**
   * The whole answer as its client is told it, just before the end; `undefined` where it failed. Only in dialects whose
   * answers are kept.
   */
  readonly whole?: () => Json | undefined;
  /** What tells the client inside the stream that the answer broke. Nothing follows it. */
  readonly fail: (error: GatewayError) => string;
}

/** What the address of a request says, in dialects whose bodies leave it out. */
export interface Address {
  readonly model: string;
  readonly stream: boolean;
}

/** A dialect as clients speak it to the gateway. */
export interface FrontDialect {
  readonly id: string;
  /**
   * Reads a request body into the vocabulary. Total: every field is understood, kept in `extras`, or refused.
   *
   * @param address Given to dialects whose routes say what their bodies do not.
   * @throws GatewayError `invalid_value` with `param`, saying what was expected.
   */
  readonly decodeRequest: (body: Json, address?: Address) => ChatRequest;
  readonly encodeReply: (reply: CollectedReply, options: EncodeOptions) => string;
  /**
   * Whether bytes of this dialect that stand for these events may go to this client as they came: not where they hold
   * what it asked not to be told, or to be told in other words.
   */
  readonly passes: (events: readonly ChatEvent[], request: ChatRequest) => boolean;
  /** A whole answer that passes, with what its client has to be told otherwise than the provider was. */
  readonly restate?: (body: string | Uint8Array, request: ChatRequest) => string | Uint8Array;
  readonly createEncoder: (options: EncodeOptions) => EventEncoder;
  /** The body of an error answer. */
  readonly encodeError: (error: GatewayError, requestId: string) => string;
  /** Frame that keeps an idle connection open and means nothing to the client. */
  readonly heartbeat: string;
  /** Headers of its requests that switch on features, in lower case; each is a list of words. */
  readonly featureHeaders?: readonly string[];
  /** Whether these are the headers of one of its own clients; for dialects that share a path with another. */
  readonly isAskedBy?: (header: (name: string) => string | undefined) => boolean;
  /** Where its clients look for the id of their request, if not in `x-request-id`. */
  readonly requestIdHeader?: string;
  /** Content type of its streams, where these are no event streams. */
  readonly streamType?: string;
}

/** A front for requests that only ask how many tokens they are. */
export interface CountDialect extends FrontDialect {
  /** The body of the answer. */
  readonly encodeCount: (inputTokens: number) => string;
}

/** What the encoder of a provider request needs to know of who will answer it. */
export interface BackTarget {
  /** Id of the provider, for messages. */
  readonly provider: string;
  /** Model name in the provider's own words. */
  readonly model: string;
  readonly quirks: Quirks;
  /** What the catalog knows of the model; absent for unknown models. */
  readonly info?: ModelFacts;
  /** What to do with a parameter the target lacks; the fidelity rule's default where absent. */
  readonly unsupported?: "drop" | "refuse";
}

/** The part of a catalog entry that changes how a request is written. */
export interface ModelFacts {
  /** The model it is made of, where its own name does not tell. */
  readonly base?: string;
  readonly maxOutputTokens?: number;
  readonly contextWindow?: number;
  readonly capabilities?: readonly string[];
}

export interface EncodedRequest {
  /** Appended to the provider's base URL; every part already percent-encoded. */
  readonly path: string;
  readonly body: string | Uint8Array;
  /** Headers the dialect itself needs; authentication is not among them. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Of the request's `featureHeaders`, those that the body states in its own words. */
  readonly featuresInBody?: readonly string[];
  /** Parameters the target lacks and that were left out, by the client's names. */
  readonly dropped: readonly string[];
}

export interface DecodeOptions {
  readonly provider: string;
  readonly model: string;
  readonly quirks: Quirks;
  readonly info?: ModelFacts;
  /** The request the answer belongs to. */
  readonly request: ChatRequest;
  /** Base of ids the provider did not give (tool calls). */
  readonly requestId: string;
}

/** Reads one streamed answer. Stateful: made for one answer, called in order. */
export interface FrameDecoder {
  /**
   * The events of one frame, at least one: what has no meaning elsewhere becomes `opaque`.
   *
   * @throws UpstreamError where the frame is malformed (`upstream_stream_invalid`) or is the provider's own error.
   */
  readonly decode: (frame: StreamFrame) => readonly ChatEvent[];
  /**
   * Adds to a run the events of the frames that begin where it starts, of which it knows without taking them apart that
   * each is one event, and the one that `decode` would give.
   *
   * @returns where the first other frame begins; the run's start where that is the first of all.
   */
  readonly readRun?: (run: FrameRun) => number;
  /**
   * The provider closed the stream: events that were held back for it.
   *
   * @throws UpstreamError `upstream_stream_truncated` where the answer had not come to its proper end.
   */
  readonly end: () => readonly ChatEvent[];
  /** The proper end was seen: whatever the connection brings after it is ignored. */
  readonly ended: () => boolean;
  /**
   * The frame just decoded breaks the dialect's own rules (a finish reason it does not have, a wrong index), so it is
   * written anew instead of passed on as it came.
   */
  readonly broken?: () => boolean;
}

/** How a provider is asked how many tokens a prompt is. */
interface CountFace {
  readonly encodeRequest: BackDialect["encodeRequest"];
  /** The tokens of the prompt; `undefined` where the answer does not tell. */
  readonly decodeReply: (body: Json) => number | undefined;
}

export const cachePlaces = ["tools", "system", "turns"] as const;

/** Where a prompt can be marked, in the order of the prompt. */
export type CachePlace = (typeof cachePlaces)[number];

/** What a target can be told of how to keep prompts. */
export interface PromptCaching {
  /** Marks that one request may have. */
  readonly marks: number;
  readonly places: readonly CachePlace[];
  /** Tokens of the shortest prompt that is kept. */
  readonly minTokens: number;
  /** It can be told to keep prompts for an hour or longer. */
  readonly hour: boolean;
  /** It can be told which requests begin alike. */
  readonly key: boolean;
}

/** A dialect as a provider speaks it. */
export interface BackDialect {
  readonly id: string;
  readonly encodeRequest: (request: ChatRequest, target: BackTarget) => EncodedRequest;
  /**
   * The events of a whole answer, from `reply-start` to the last `reply-end` and `usage`.
   *
   * @throws UpstreamError where it is not an answer (`upstream_invalid_response`) or is an error in disguise.
   */
  readonly decodeReply: (body: Json, options: DecodeOptions) => readonly ChatEvent[];
  /** Whether a whole answer breaks the dialect's own rules, so that it is written anew instead of passed on as it came. */
  readonly isBroken?: (body: Json) => boolean;
  readonly createDecoder: (options: DecodeOptions) => FrameDecoder;
  /** Content type of its streams, for servers that call them something else. */
  readonly streamType?: string;
  /** Whether the target must be given this, which a client gave by its address, as data. Absent: it fetches all there is. */
  readonly needsData?: (part: MediaPart, target: BackTarget) => boolean;
  /**
   * What an error body says, in any of the shapes the dialect's servers send; of a text that is no JSON, the text.
   * The headers, names in lower case, are for dialects that say a part of it there.
   */
  readonly decodeError: (body: unknown, headers?: Readonly<Record<string, string>>) => ErrorDetails;
  /** Absent where its servers do not count without answering. */
  readonly count?: CountFace;
  /**
   * Whether its servers want to see again, on the next turn, what they reasoned before a tool call and what proves it.
   * Absent where they never do.
   */
  readonly wantsReasoning?: (quirks: Quirks) => boolean;
  /**
   * Its own clients keep that in blocks or items of their own: what they leave out, they leave out knowingly. Elsewhere
   * it stands in fields that a client's library may not know and drop.
   */
  readonly keepsReasoning?: true;
  /** Its proofs hold wherever the same model is served, so that no target of this dialect need be kept from them. */
  readonly sharesProofs?: true;
  /** What a target can be told of how to keep prompts; nothing where it keeps all by itself or none. */
  readonly promptCaching?: (target: BackTarget) => PromptCaching | undefined;
}

/** What could be read from a provider's error body. */
export interface ErrorDetails {
  readonly message?: string;
  readonly type?: string;
  readonly code?: string;
  readonly param?: string;
  /** HTTP status it says it comes from, where that is not the answer's own: a model's behind a host, or in a stream. */
  readonly status?: number;
  /** Wait the body asks for, in milliseconds. */
  readonly retryAfterMs?: number;
}

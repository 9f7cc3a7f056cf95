import type { Recording } from "./fixtures.ts";
import type { Failure } from "./fronts/front.ts";

/** A recorded answer that is to reach clients otherwise than it was recorded, and why. */
export interface Exception {
  readonly reason: string;
  /** Fronts it is for. @default all */
  readonly fronts?: readonly string[];
  /** Whether it is for clients that ask for a stream, or for those that do not. @default both */
  readonly stream?: boolean;
  /** It ends in this; `late`: after it has begun, so that clients who asked for a stream are told inside it. */
  readonly failure?: Failure & { readonly late?: true };
  /** It is asked for with a small request instead of the one that was recorded. */
  readonly smallRequest?: true;
}

const truncated = { status: 502, code: "upstream_stream_truncated", late: true } as const;
const failed = { status: 502, code: "upstream_error" } as const;
const overloaded = { status: 503, code: "upstream_overloaded" } as const;
const invalidStream = { status: 502, code: "upstream_stream_invalid" } as const;
const invalidAnswer = { status: 502, code: "upstream_invalid_response" } as const;
const invalidRequest = { status: 400, code: "upstream_invalid_request" } as const;

const broken = (failure: Exception["failure"] & object): Exception => ({ reason: "It was made to break.", failure });

/** A whole answer that is none; a client who asked for a stream is told so of that. */
const noAnswer = (reason: string): readonly Exception[] => [
  { reason, stream: false, failure: invalidAnswer },
  { reason, stream: true, failure: invalidStream },
];

const gaveUp: readonly Exception[] = [
  {
    reason: "The provider gave up, for which a message has no stop reason.",
    fronts: ["messages"],
    stream: false,
    failure: failed,
  },
  {
    reason: "The provider gave up, for which a message has no stop reason.",
    fronts: ["messages"],
    stream: true,
    failure: { ...failed, late: true },
  },
  {
    reason: "The provider gave up: a whole response that failed is an error.",
    fronts: ["responses"],
    stream: false,
    failure: failed,
  },
];

const foreignTools: Exception = {
  reason: "It was asked for with tools that this provider does not have; the gateway refuses such requests.",
  fronts: ["messages", "responses"],
  smallRequest: true,
};

const withoutSchema: Exception = {
  reason: "It was asked for without the schema of the request, so that it is not what the gateway holds it to.",
  fronts: ["chat"],
  smallRequest: true,
};

const refusedHere: Exception = {
  reason: "What is wrong with its request the gateway says itself, before the provider is asked.",
  fronts: ["chat"],
  smallRequest: true,
};

const keptElsewhere: Exception = {
  reason: "It was asked for with an earlier answer that the provider keeps, which the gateway does not know.",
  fronts: ["responses"],
  smallRequest: true,
};

/** The only recordings that do not reach each client as they were recorded. */
const exceptions: Readonly<Record<string, Exception | readonly Exception[]>> = {
  "constructed/openai/chat-stream-cut": broken(truncated),
  "constructed/openai/chat-stream-no-done": broken(truncated),
  "constructed/openai/chat-stream-error-chunk": broken({ ...failed, late: true }),
  "constructed/openai/responses-stream-error-flat": broken(failed),
  "constructed/anthropic/stream-cut": broken(truncated),
  "constructed/anthropic/stream-cut-mid-event": broken(truncated),
  "constructed/anthropic/stream-error-before-output": broken(overloaded),
  "constructed/anthropic/stream-error-overloaded": broken({ ...overloaded, late: true }),
  "constructed/gemini/stream-error-chunk": broken({ ...overloaded, late: true }),
  "constructed/bedrock/stream-bad-crc": broken({ ...invalidStream, late: true }),
  "constructed/bedrock/stream-cut-mid-frame": broken(truncated),
  "constructed/bedrock/stream-error-frame": broken({ ...failed, late: true }),
  "constructed/bedrock/stream-model-error-exception": broken({ ...failed, late: true }),
  "constructed/bedrock/stream-throttling-exception": broken({ status: 429, code: "upstream_rate_limited", late: true }),
  "constructed/cohere/stream-error-finish": broken(failed),
  "constructed/ollama/stream-error-line": broken({ ...failed, late: true }),
  "constructed/openrouter/error-in-200-body": broken(overloaded),
  "constructed/openrouter/stream-error-finish-error": broken({ ...failed, late: true }),
  "groq/chat-stream-error-midstream-meta-llama-llama-4-scout-17b-16e-instruct-object-streaming": {
    reason: "The provider refused what the model wrote, before any content.",
    failure: invalidRequest,
  },
  "groq/chat-stream-error-midstream-tool-use-failed-error-streaming-with-text-1": {
    reason: "The provider refused what the model wrote, after content.",
    failure: { ...invalidRequest, late: true },
  },
  "openai/responses-stream-error-midstream-error-1-chunks-txt": {
    reason: "The account had no credit.",
    failure: { status: 503, code: "upstream_quota_exhausted" },
  },
  "openai/responses-stream-error-midstream-stream-unknown-error-responses-1": {
    reason: "The provider failed before any content.",
    failure: failed,
  },
  "ollama/api-chat-text-structured-with-multiple-tools-structured-mode-1": noAnswer(
    "It is in another dialect than that of the address it came from.",
  ),
  "openai/chat-error-400-error-identity-edge-chat-completions-validation-error-carries-id": refusedHere,
  "mistral/chat-error-400-logprobs-rejection-matrix-streaming-ministral-3b": refusedHere,
  "gemini/generate-odd-finish-speechconfigparam": gaveUp,
  "vertex/generate-odd-finish-multimodal-tool-return-matrix-tool-return-content-uploaded-file-1": gaveUp,
  "openai/responses-stream-text-background-mode-streaming-vcr": {
    reason: "It was asked for in the background, which the gateway takes in streams only.",
    fronts: ["responses"],
    stream: false,
    smallRequest: true,
  },
  "openai/responses-tool-result-tool-with-complex-return-type-2": keptElsewhere,
  "translations/anthropic-messages_to_gemini/responses-tool-search-input-param": foreignTools,
  "translations/anthropic-messages_to_gemini/web-search-user-location-param": foreignTools,
  "translations/anthropic-messages_to_openai-responses/responses-tool-search-input-param": foreignTools,
  "translations/anthropic-messages_to_openai-responses/web-search-tool-param": foreignTools,
  "translations/anthropic-messages_to_openai-responses/web-search-user-location-param": foreignTools,
  "translations/openai-chat_to_bedrock-converse/json-schema-format-param": withoutSchema,
  "translations/openai-chat_to_bedrock-converse/json-schema-minimum-maximum-param": withoutSchema,
  "translations/openai-chat_to_bedrock-converse/json-schema-prefix-items-param": withoutSchema,
  "translations/openai-chat_to_bedrock-converse/text-format-json-schema-nullable-union-type-gpt54-nano-param":
    withoutSchema,
  "translations/openai-chat_to_bedrock-converse/text-format-json-schema-with-description-param": withoutSchema,
  "translations/openai-responses_to_anthropic-messages/responses-tool-search-input-param": foreignTools,
  "translations/openai-responses_to_gemini/responses-custom-tool-call-streaming-param": foreignTools,
  "translations/openai-responses_to_gemini/responses-tool-search-input-param": foreignTools,
};

/** What a recording is an exception for at a front, asked for as a stream or not. */
export const exceptionAt = (front: string, isStream: boolean, { dir }: Recording): Exception | undefined =>
  [exceptions[dir] ?? []]
    .flat()
    .find(({ fronts, stream }) => fronts?.includes(front) !== false && (stream ?? isStream) === isStream);

/** Every recording that there is an exception for. */
export const exceptional: readonly string[] = Object.keys(exceptions);

const ownService = "It is a service of the provider's own, which the gateway does not stand in front of.";

/** Wire formats whose recordings reach no client, and why. */
export const elsewhere: Readonly<Record<string, string>> = {
  "openai-completions": "Text completions are asked of chat models; no provider is asked for them.",
  models: "The gateway lists the models that it knows of itself.",
  "bedrock-invoke": "Each model behind it has a format of its own; the gateway asks all of them by Converse.",
  "ollama-generate": "The server continues a text there; conversations have another address.",
  "openai-responses-get": "It asks for an answer that the provider keeps.",
  "openai-responses-compact": ownService,
  "openai-batches": ownService,
  "anthropic-batches": ownService,
  "gemini-batch": ownService,
  "gemini-cache": ownService,
  "gemini-interactions": ownService,
  "openai-moderations": ownService,
  rerank: ownService,
};

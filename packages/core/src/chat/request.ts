import type { CacheHint, Extras, Message } from "./message.ts";

/** A JSON Schema (2020-12) object, kept as the client wrote it: key order matters to prompt caches. */
export type JsonSchema = Readonly<Record<string, unknown>>;

export interface FunctionTool {
  readonly type: "function";
  readonly name: string;
  readonly description?: string;
  readonly parameters?: JsonSchema;
  readonly strict?: boolean;
  readonly cacheHint?: CacheHint;
  readonly extras?: Extras;
}

/** A tool whose input is free text, optionally held to a grammar (OpenAI's `custom` tools). */
export interface CustomTool {
  readonly type: "custom";
  readonly name: string;
  readonly description?: string;
  readonly format?: unknown;
  readonly extras?: Extras;
}

/** A tool the provider itself runs; only its own dialect can carry it, unless all have one like it. */
export interface OpaqueTool {
  readonly type: "opaque";
  readonly dialect: string;
  readonly value: unknown;
  /** It searches the web, and this is all it says of it. */
  readonly search?: WebSearch;
}

/** How the web is to be searched. Domains are without a scheme, and stand for what is below them as well. */
export interface WebSearch {
  readonly allowedDomains?: readonly string[];
  readonly blockedDomains?: readonly string[];
  /** How often the model may search for one answer. */
  readonly maxUses?: number;
  /** Where about the user is. `country`: two letters (ISO 3166-1). `timezone`: an IANA name. */
  readonly location?: {
    readonly city?: string;
    readonly region?: string;
    readonly country?: string;
    readonly timezone?: string;
  };
  /** How much of what was found the model is given: `low`, `medium`, `high`. */
  readonly contextSize?: string;
}

export type Tool = FunctionTool | CustomTool | OpaqueTool;

export type ToolChoice =
  | { readonly type: "auto" | "none" | "required" }
  | { readonly type: "tool"; readonly name: string; readonly kind?: "function" | "custom" }
  | { readonly type: "allowed"; readonly mode: "auto" | "required"; readonly names: readonly string[] };

export type OutputFormat =
  | { readonly type: "text" }
  | { readonly type: "json" }
  | {
      readonly type: "json-schema";
      readonly schema: JsonSchema;
      readonly name?: string;
      readonly description?: string;
      readonly strict?: boolean;
    };

/** How hard the model shall think. A dialect that knows only one of effort and budget derives it from the other. */
export interface ReasoningPreferences {
  /** OpenAI's words: `none`, `minimal`, `low`, `medium`, `high`, `xhigh`, `max`. */
  readonly effort?: string;
  /** Tokens the model may spend on reasoning. */
  readonly budgetTokens?: number;
  /** `false` turns reasoning off, `true` on with the model's own default. */
  readonly enabled?: boolean;
  /** The model decides how much to think (Anthropic's adaptive thinking). */
  readonly adaptive?: boolean;
  /** Think, but leave the reasoning out of the answer; `false` where the client says that it wants to see it. */
  readonly exclude?: boolean;
}

/** OpenRouter's routing extensions, in our words. Only what the operator configured can be chosen. */
export interface RoutingPreferences {
  /** Models to try after the first, in order. */
  readonly fallbackModels?: readonly string[];
  /** Provider ids to try first, in this order. */
  readonly order?: readonly string[];
  readonly only?: readonly string[];
  readonly ignore?: readonly string[];
  /** `price` sorts targets by what they cost. */
  readonly sort?: "price";
  /** Highest price a target may have, in nano-dollars per token. */
  readonly maxPrice?: { readonly input?: number; readonly output?: number };
  readonly allowFallbacks?: boolean;
  /** Leave out targets that would drop a parameter of this request. */
  readonly requireParameters?: boolean;
}

/**
 * What is asked of the model, in OpenTelemetry's words. `text_completion` is a chat in the form of its predecessor;
 * `embeddings` wants a vector for each message instead of an answer to them all.
 */
export type Operation = "chat" | "text_completion" | "embeddings";

/** What a vector shall be like (`embeddings`). */
export interface EmbeddingPreferences {
  /** Numbers in each vector. @default what the model makes */
  readonly dimensions?: number;
  /** How the client wants vectors written: as a list, or as base64 of little-endian 32-bit floats. @default "float" */
  readonly encoding?: "float" | "base64";
  /** What the texts are for, in the provider's own words: `search_document`, `query`, `RETRIEVAL_QUERY`, … */
  readonly inputType?: string;
}

/** What any dialect can ask for. Immutable: a stage that wants another request passes a new one to `next`. */
export interface ChatRequest {
  /** @default "chat" */
  readonly operation?: Operation;
  /** The dialect it was written in; `extras` are in that dialect's words. */
  readonly dialect: string;
  /** As the client wrote it: `provider/model`, a catalog name or a configured name. */
  readonly model: string;
  readonly stream: boolean;
  readonly messages: readonly Message[];
  readonly tools?: readonly Tool[];
  readonly toolChoice?: ToolChoice;
  readonly parallelToolCalls?: boolean;
  readonly maxOutputTokens?: number;
  readonly temperature?: number;
  readonly topP?: number;
  readonly topK?: number;
  readonly frequencyPenalty?: number;
  readonly presencePenalty?: number;
  readonly seed?: number;
  readonly stop?: readonly string[];
  /** Choices wanted (`n`); 1 where absent. */
  readonly choiceCount?: number;
  readonly logprobs?: boolean;
  readonly topLogprobs?: number;
  readonly logitBias?: Readonly<Record<string, number>>;
  readonly outputFormat?: OutputFormat;
  readonly reasoning?: ReasoningPreferences;
  readonly verbosity?: string;
  readonly modalities?: readonly string[];
  readonly audio?: Extras;
  readonly serviceTier?: string;
  /** Keeps requests with a common prefix on one cache (`prompt_cache_key`). */
  readonly cacheKey?: string;
  /** Marks the last block that can be cached, without naming it. */
  readonly cacheHint?: CacheHint;
  /** Name of the beginning of this prompt, which the provider keeps (Gemini's `cachedContents/…`). */
  readonly cachedContent?: string;
  readonly user?: string;
  /** Of the conversation or the workflow that this is a part of; at most 256 characters. */
  readonly sessionId?: string;
  readonly metadata?: Readonly<Record<string, string>>;
  /** The client asked to be told usage in the stream, and cost in `usage.cost`. */
  readonly includeUsage?: boolean;
  readonly includeCost?: boolean;
  /** Only of `embeddings`, whose inputs are the messages: one vector for each. */
  readonly embedding?: EmbeddingPreferences;
  readonly routing?: RoutingPreferences;
  /**
   * Headers by which the client switched on features of its dialect, by their names in lower case. Only a provider of the
   * same dialect is told.
   */
  readonly featureHeaders?: Readonly<Record<string, string>>;
  readonly extras?: Extras;
}

/** The body a request was decoded from: the bytes as they came (where they are at hand) and the parsed tree. */
export interface RequestSource {
  readonly dialect: string;
  readonly bytes?: Uint8Array;
  readonly body: Readonly<Record<string, unknown>>;
  /** The body with everything in its place that it only refers to; absent where it says all itself. */
  readonly whole?: Readonly<Record<string, unknown>>;
}

const source = Symbol("source");

interface WithSource {
  [source]?: { readonly of: ChatRequest; readonly source: RequestSource };
}

/** Remembers the body a request came from. Called by the edge, once for each decoded request. */
export const rememberSource = (request: ChatRequest, body: RequestSource): void => {
  (request as WithSource)[source] = { of: request, source: body };
};

/**
 * The original body, as long as nobody replaced the request object; then `undefined`. A copy made by spreading carries
 * the memory along, but it speaks of another object: whoever changed a request cannot forget to drop a body that no
 * longer matches.
 */
export const sourceOf = (request: ChatRequest): RequestSource | undefined => {
  const memory = (request as WithSource)[source];
  return memory?.of === request ? memory.source : undefined;
};

import type { ReasoningPreferences } from "../chat/request.ts";
import { wantsReasoning } from "./reasoning.ts";

/**
 * Where a server differs from the dialect it speaks, as data. A new difference is a new field here, understood by the
 * dialect; never a provider's name in the dialect's code.
 */
export interface Quirks {
  /** Field that limits the output; `either`: it is left as the client wrote it. @default "max_tokens" */
  readonly maxTokensField?: "max_tokens" | "max_completion_tokens" | "either";
  /** Knows the `developer` role; elsewhere it is sent as `system`. @default false */
  readonly developerRole?: boolean;
  /** Takes `stream_options.include_usage`; `refused`: sends usage unasked, or never. @default "asked" */
  readonly streamUsage?: "asked" | "refused";
  /** Ends a stream with `[DONE]`; `optional`: a finish reason and a proper end of the body are enough. @default "required" */
  readonly doneMarker?: "required" | "optional";
  /** What it calls a tool choice that must call some tool; `refused` where it has none. @default "required" */
  readonly requiredToolChoice?: "required" | "any" | "refused";
  /** Takes a tool choice that names one tool; else it becomes a required one over a filtered list. @default true */
  readonly namedToolChoice?: boolean;
  /** Message content must be a string, never a list of parts. @default false */
  readonly stringContent?: boolean;
  /** Request parameters it refuses; they are dropped and named, or the request is refused, by what they mean. */
  readonly unsupported?: readonly string[];
  /** Takes `response_format` of type `json_schema`; else the schema goes by `json_object`. @default true */
  readonly jsonSchema?: boolean;
  /** Holds only whole answers to an output format, and none beside tools. @default false */
  readonly wholeFormats?: boolean;
  /** Highest temperature it takes; higher ones are lowered to it. */
  readonly maxTemperature?: number;
  /** Field in which an assistant turn's reasoning goes back to it. Not sent where absent. */
  readonly reasoningField?: "reasoning_content" | "reasoning" | "reasoning_details";
  /** `tool-turns`: turns with tool calls must carry their reasoning, `""` where it was lost. @default "never" */
  readonly reasoningRequired?: "never" | "tool-turns";
  /** Form of tool call ids it accepts. @default "any" */
  readonly toolCallIds?: "any" | "alphanumeric-9" | "max-40";
  /** Takes `name` on messages. @default true */
  readonly messageName?: boolean;
  /** Field for the seed. @default "seed" */
  readonly seedField?: "seed" | "random_seed";
  /** How it takes reasoning effort. `flag`: `enable_thinking`; `thinking`: `thinking: { type }`; `object`: `reasoning: { … }`. @default "effort" */
  readonly reasoningControl?: "effort" | "flag" | "thinking" | "object" | "none";
  /** Takes `cache_control` on parts. @default false */
  readonly cacheControl?: boolean;
  /** OpenAI: takes `prompt_cache_breakpoint` on parts. @default false */
  readonly cacheBreakpoints?: boolean;
  /** OpenAI: takes `prompt_cache_retention`. @default false */
  readonly cacheRetention?: boolean;
  /** Keeps prompts of one `prompt_cache_key` together. A client's own key is sent to others as well. @default false */
  readonly cacheKey?: boolean;
  /** Reasoning may come as `<think>…</think>` at the start of the text. @default false */
  readonly thinkTags?: boolean;
  /** A whole answer's error may come with status 200. @default false */
  readonly errorsWithStatus200?: boolean;
  /** Reads OpenRouter's own request fields (`models`, `provider`, …), which are for a gateway. @default false */
  readonly openrouterExtensions?: boolean;
  /** Takes a tool choice of type `allowed_tools`; else the list of tools is filtered. @default false */
  readonly allowedTools?: boolean;
  /** How it is asked to search the web: in `web_search_options`, or by a tool of this type. Absent: it does not. */
  readonly webSearch?: "options" | { readonly tool: string };
  /** Takes thought signatures back in `extra_content` of tool calls. @default false */
  readonly thoughtSignatures?: boolean;
  /** Refuses assistant messages that say and call nothing. @default false */
  readonly noEmptyTurns?: boolean;
  /** Refuses fields that are `null` instead of taking them as absent. @default false */
  readonly noNullFields?: boolean;
  /** Anthropic: the version its body states where the address has the model. Elsewhere a header has the version. */
  readonly versionInBody?: string;
  /** Anthropic: fetches images and documents that are given by their address. @default true */
  readonly mediaUrls?: boolean;
  /** Gemini: refuses turns that do not say whose they are. @default false */
  readonly statedRoles?: boolean;
  /** Gemini: takes metadata, as `labels`. @default false */
  readonly labels?: boolean;
  /** Gemini: counts the tokens of a prompt as it is, without a request around it. @default false */
  readonly plainCount?: boolean;
  /** What it calls the settings of embeddings. */
  readonly embeddingFields?: EmbeddingFields;
  /** Efforts of reasoning it takes, weakest first; another becomes the nearest that is not stronger. @default all of them */
  readonly efforts?: readonly string[];
  /** Parameters it refuses beside a wish for reasoning, in addition to `unsupported`. */
  readonly unsupportedWhileReasoning?: readonly string[];
  /**
   * Where some of its models differ from the others: of the first entry that fits a model's name, the quirks hold as
   * well. What such a model does not support comes to what the server does not.
   */
  readonly byModel?: readonly ModelQuirks[];
}

/** Names of the settings of embeddings in an OpenAI-like request, and what it takes; `false` for what it does not. */
export interface EmbeddingFields {
  /** @default "dimensions" */
  readonly dimensions?: string | false;
  /** @default "encoding_format" */
  readonly encoding?: string | false;
  /** @default false */
  readonly inputType?: string | false;
  /** Inputs may be token numbers. @default true */
  readonly tokens?: boolean;
}

export interface ModelQuirks {
  readonly model: RegExp;
  readonly quirks: Omit<Quirks, "byModel">;
}

/** The quirks that hold for one request to one model. */
export const quirksFor = (quirks: Quirks, model: string, reasoning: ReasoningPreferences | undefined): Quirks => {
  const own = quirks.byModel?.find((entry) => entry.model.test(model))?.quirks;
  const settled = own === undefined ? quirks : { ...quirks, ...own };
  const beside = wantsReasoning(reasoning) ? settled.unsupportedWhileReasoning : undefined;
  // Asked several times for each request, and mostly there is nothing to add up.
  if (own?.unsupported === undefined && beside === undefined) return settled;
  return { ...settled, unsupported: [quirks.unsupported, own?.unsupported, beside].flatMap((names) => names ?? []) };
};

// A record, so that the compiler asks for every field that is added above.
const fields: Readonly<Record<keyof Quirks, true>> = {
  maxTokensField: true,
  developerRole: true,
  streamUsage: true,
  doneMarker: true,
  requiredToolChoice: true,
  namedToolChoice: true,
  stringContent: true,
  unsupported: true,
  jsonSchema: true,
  wholeFormats: true,
  maxTemperature: true,
  reasoningField: true,
  reasoningRequired: true,
  toolCallIds: true,
  messageName: true,
  seedField: true,
  reasoningControl: true,
  cacheControl: true,
  cacheBreakpoints: true,
  cacheRetention: true,
  cacheKey: true,
  thinkTags: true,
  errorsWithStatus200: true,
  openrouterExtensions: true,
  allowedTools: true,
  webSearch: true,
  thoughtSignatures: true,
  noEmptyTurns: true,
  noNullFields: true,
  versionInBody: true,
  mediaUrls: true,
  statedRoles: true,
  labels: true,
  plainCount: true,
  embeddingFields: true,
  efforts: true,
  unsupportedWhileReasoning: true,
  byModel: true,
};

/** Names of all quirks, to tell a misspelt one. */
export const quirkNames: readonly string[] = Object.keys(fields);

import type { Failure } from "../recordings/fronts/front.ts";
import type { Back, BackName } from "./backs.ts";
import type { Front } from "./fronts/front.ts";

/** Whether an answer comes whole or as a stream. */
export const modes = ["whole", "stream"] as const;
export type Mode = (typeof modes)[number];

/** What clients want of a model. */
export const featureNames = [
  "text",
  "one tool",
  "parallel tools",
  "tool result turn",
  "reasoning",
  "structured output",
  "image in",
  "usage",
] as const;
export type FeatureName = (typeof featureNames)[number];

/** What becomes of a request. */
export type Outcome =
  /** The answer has what was asked for, as far as the two have words for it. */
  | { readonly type: "works"; readonly how?: string }
  /** The client is told this instead of an answer. */
  | { readonly type: "refused"; readonly failure: Failure }
  /** The answer begins, and the client is told this inside of it. */
  | { readonly type: "breaks"; readonly failure: Failure }
  /** The answer ends early, and says that it was filtered. */
  | { readonly type: "filtered" }
  /** The answer ends early, and the provider has no word for why. */
  | { readonly type: "unsaid" };

const works: Outcome = { type: "works" };
const filtered: Outcome = { type: "filtered" };
const unsaid: Outcome = { type: "unsaid" };
const refused = (status: number, code: string): Outcome => ({ type: "refused", failure: { status, code } });
const breaks = (status: number, code: string): Outcome => ({ type: "breaks", failure: { status, code } });

const moreThanText: ReadonlySet<FeatureName> = new Set(["one tool", "parallel tools", "tool result turn", "image in"]);

const textsOnly = "POST /v1/completions";

/** Whether thoughts reach the client: its dialect has a place for them, and the provider shows them. */
export const showsThoughts = (front: Front, back: Back): boolean => back.showsThoughts && front.route !== textsOnly;

/** What becomes of a request for a feature. */
export const outcomeOfFeature = (front: Front, feature: FeatureName, back: Back): Outcome => {
  if (front.route === textsOnly && moreThanText.has(feature)) return refused(400, "unsupported_parameter");
  if (feature === "reasoning" && !showsThoughts(front, back)) return { type: "works", how: "unseen" };
  if (feature !== "usage" || (back.tellsCached && back.tellsThoughts)) return works;
  return { type: "works", how: back.tellsCached ? "totals and cached" : "totals" };
};

/** A way in which providers fail. */
export interface Trouble {
  readonly name: string;
  /** As the simulator is told. */
  readonly fault: string;
  readonly outcome: Outcome;
  /** Where a stream fares otherwise. */
  readonly inStream?: Outcome;
  /** Where a provider's words say something else. */
  readonly exceptions?: Partial<Readonly<Record<BackName, Outcome | Readonly<Record<Mode, Outcome>>>>>;
  /** The wait the client is told, in milliseconds. */
  readonly retryAfterMs?: number;
}

const limited = refused(429, "upstream_rate_limited");
const invalid = refused(400, "upstream_invalid_request");
const failed = refused(502, "upstream_error");
const timedOut = refused(504, "upstream_timeout");

export const troubles: readonly Trouble[] = [
  { name: "400", fault: "400", outcome: refused(400, "upstream_invalid_request") },
  { name: "401", fault: "401", outcome: refused(502, "upstream_auth_failed") },
  {
    name: "402, or what stands for it",
    fault: "quota",
    outcome: refused(503, "upstream_quota_exhausted"),
    exceptions: { gemini: limited, vertex: limited, cohere: limited },
  },
  { name: "403", fault: "403", outcome: refused(502, "upstream_auth_failed") },
  { name: "404", fault: "404", outcome: refused(502, "upstream_model_not_found") },
  {
    name: "408",
    fault: "408",
    outcome: refused(502, "upstream_error"),
    exceptions: { "anthropic-messages": timedOut, gemini: timedOut, vertex: timedOut, "bedrock-converse": timedOut },
  },
  { name: "413", fault: "413", outcome: refused(413, "upstream_invalid_request") },
  { name: "422", fault: "422", outcome: refused(400, "upstream_invalid_request") },
  {
    name: "429 with a wait",
    fault: "429?retry-after=7",
    outcome: refused(429, "upstream_rate_limited"),
    retryAfterMs: 7000,
  },
  { name: "429", fault: "429", outcome: refused(429, "upstream_rate_limited") },
  { name: "500", fault: "500", outcome: refused(502, "upstream_error") },
  { name: "503", fault: "503", outcome: refused(503, "upstream_overloaded") },
  { name: "529", fault: "529", outcome: refused(503, "upstream_overloaded") },
  { name: "context length", fault: "context-length", outcome: refused(400, "context_length_exceeded") },
  {
    name: "policy refuses the request",
    fault: "content-filter",
    outcome: refused(400, "upstream_content_filter"),
    exceptions: {
      "anthropic-messages": filtered,
      gemini: filtered,
      vertex: filtered,
      "bedrock-converse": filtered,
      cohere: invalid,
      ollama: invalid,
    },
  },
  { name: "policy ends the answer", fault: "content-filter-output", outcome: filtered, exceptions: { ollama: unsaid } },
  {
    name: "error in the stream",
    fault: "error-mid-stream",
    outcome: refused(503, "upstream_overloaded"),
    inStream: breaks(503, "upstream_overloaded"),
    exceptions: {
      cohere: { whole: failed, stream: breaks(502, "upstream_error") },
      ollama: { whole: failed, stream: breaks(502, "upstream_error") },
      "bedrock-converse": {
        whole: refused(502, "upstream_invalid_response"),
        stream: breaks(503, "upstream_overloaded"),
      },
    },
  },
  {
    name: "stream cut",
    fault: "cut-mid-stream",
    outcome: refused(502, "upstream_invalid_response"),
    inStream: breaks(502, "upstream_stream_truncated"),
  },
  {
    name: "connection lost",
    fault: "close-mid-stream",
    outcome: refused(502, "upstream_reset"),
    inStream: breaks(502, "upstream_stream_truncated"),
  },
  { name: "connection reset", fault: "reset", outcome: refused(502, "upstream_reset") },
  { name: "silence", fault: "stall", outcome: timedOut, inStream: breaks(504, "upstream_timeout") },
  { name: "redirect", fault: "redirect", outcome: refused(502, "upstream_redirect") },
  {
    name: "broken JSON",
    fault: "malformed-json",
    outcome: refused(502, "upstream_invalid_response"),
    inStream: breaks(502, "upstream_stream_invalid"),
  },
  {
    name: "a web page",
    fault: "html-200",
    outcome: refused(502, "upstream_invalid_response"),
    exceptions: {
      ollama: { whole: refused(502, "upstream_invalid_response"), stream: refused(502, "upstream_stream_invalid") },
    },
  },
];

/** What becomes of a request while a provider is in trouble. */
export const outcomeOfTrouble = (
  { outcome, inStream, exceptions = {} }: Trouble,
  back: BackName,
  mode: Mode,
): Outcome => {
  const exception = exceptions[back];
  if (exception !== undefined) return "type" in exception ? exception : exception[mode];
  return mode === "stream" ? (inStream ?? outcome) : outcome;
};

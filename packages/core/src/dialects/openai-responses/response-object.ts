import type { CollectedReply } from "../../chat/collect.ts";
import { sourceOf, type ChatRequest } from "../../chat/request.ts";
import type { Usage } from "../../chat/usage.ts";
import type { EncodeOptions, Json } from "../dialect.ts";
import { isObject, present } from "../fields.ts";
import { fromExtras } from "./extras.ts";
import { dialectId } from "./identity.ts";
import { writeUsage } from "./usage.ts";

/** What is known of an answer before its first item. */
export type Head = Pick<CollectedReply, "id" | "model" | "created" | "serviceTier" | "extras">;

/** How far the answer has come. */
export interface Progress {
  readonly status: "in_progress" | "completed" | "incomplete" | "failed";
  readonly incomplete_details?: Json | null;
  readonly error?: Json;
  readonly output: readonly Json[];
  readonly usage?: Usage | undefined;
}

/** What a response tells of the request where the request left it out. */
const defaults: Json = {
  background: false,
  instructions: null,
  max_output_tokens: null,
  max_tool_calls: null,
  metadata: {},
  parallel_tool_calls: true,
  previous_response_id: null,
  prompt_cache_key: null,
  safety_identifier: null,
  temperature: 1,
  tool_choice: "auto",
  tools: [],
  top_logprobs: 0,
  top_p: 1,
  truncation: "disabled",
  user: null,
};

/** What an answer has to tell again in the client's own words: the provider was told all that it goes on from. */
export const restatement = (request: ChatRequest): Json => {
  const source = sourceOf(request);
  return source?.whole === undefined ? {} : { previous_response_id: source.body["previous_response_id"] ?? null };
};

/** Makes the `response` objects of one answer: they tell again what was asked for. */
export const createResponseObject = (
  head: Head,
  { request, requestId, created, isKept = false }: EncodeOptions,
): ((progress: Progress) => Json) => {
  const source = sourceOf(request);
  const asked = source?.dialect === dialectId ? source.body : {};
  const told = fromExtras(head.extras);
  const echo: Record<string, unknown> = {};
  for (const name of Object.keys(defaults)) echo[name] = asked[name] ?? defaults[name];
  const text = isObject(asked["text"]) ? asked["text"] : {};
  const reasoning = isObject(asked["reasoning"]) ? asked["reasoning"] : {};
  const common = {
    // A provider of another dialect names its answers otherwise than clients of this one expect.
    id: told === undefined || head.id === undefined ? `resp_${requestId}` : head.id,
    object: "response",
    created_at: head.created ?? created,
    model: head.model ?? request.model,
    ...echo,
    text: { format: { type: "text" }, ...text },
    reasoning: { effort: null, summary: null, ...reasoning },
    store: isKept,
    ...told,
    ...restatement(request),
    ...present({ service_tier: head.serviceTier }),
  };
  return ({ status, output, usage, error = null, incomplete_details = null }) => ({
    ...common,
    status,
    error,
    incomplete_details,
    output,
    usage: usage === undefined ? null : writeUsage(usage),
  });
};

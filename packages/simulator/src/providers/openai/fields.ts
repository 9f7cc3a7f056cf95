import { isRecord, type JsonRecord } from "../../json.ts";
import { refuse } from "../../problem.ts";

const knownFields = new Set(
  (
    "model messages max_completion_tokens max_tokens temperature top_p presence_penalty frequency_penalty seed logit_bias stop " +
    "n logprobs top_logprobs stream stream_options tools tool_choice parallel_tool_calls functions function_call " +
    "response_format reasoning_effort verbosity modalities audio prediction service_tier store metadata user " +
    "safety_identifier prompt_cache_key prompt_cache_retention prompt_cache_options moderation web_search_options"
  ).split(" "),
);

/** @throws Refusal for a field of the body that this API does not have. */
export const refuseUnknownFields = (body: unknown): void => {
  const unknown = isRecord(body) ? Object.keys(body).find((name) => !knownFields.has(name)) : undefined;
  if (unknown !== undefined) refuse(`Unknown parameter: '${unknown}'.`, unknown, "unknown_parameter");
};

/** The number of a field within its limits; undefined when it is not given. @throws Refusal outside of them. */
export const numberField = (
  body: JsonRecord,
  name: string,
  lowest: number,
  highest: number,
  whole: boolean,
): number | undefined => {
  const value = body[name] ?? undefined;
  if (value === undefined) return undefined;
  const kind = whole ? "integer" : "decimal";
  if (typeof value !== "number" || (whole && !Number.isInteger(value))) {
    return refuse(`Invalid type for '${name}': expected ${whole ? "an integer" : "a number"}.`, name, "invalid_type");
  }
  if (value > highest) {
    return refuse(
      `Invalid '${name}': ${kind} above maximum value. Expected at most ${highest}, got ${value}.`,
      name,
      `${kind}_above_max_value`,
    );
  }
  if (value < lowest) {
    return refuse(
      `Invalid '${name}': ${kind} below minimum value. Expected at least ${lowest}, got ${value}.`,
      name,
      `${kind}_below_min_value`,
    );
  }
  return value;
};

/** The stop sequences, given as one or as a list of at most four. @throws Refusal for anything else. */
export const stopField = (body: JsonRecord): readonly string[] => {
  const stop = body["stop"] ?? [];
  const list: readonly unknown[] = Array.isArray(stop) ? stop : [stop];
  const texts = list.filter((item) => typeof item === "string");
  if (texts.length !== list.length)
    return refuse("Invalid type for 'stop': expected a string or an array of strings.", "stop", "invalid_type");
  return texts.length > 4
    ? refuse("Invalid 'stop': array too long. Expected at most 4.", "stop", "array_above_max_length")
    : texts;
};

import { isRecord, type JsonRecord } from "../../json.ts";
import { refuse } from "../../problem.ts";
import { numberField } from "../openai/fields.ts";

const knownFields = new Set(
  (
    "model input instructions previous_response_id conversation store background stream stream_options max_output_tokens " +
    "max_tool_calls temperature top_p top_logprobs reasoning text tools tool_choice parallel_tool_calls truncation include " +
    "metadata prompt prompt_cache_key prompt_cache_options prompt_cache_retention service_tier safety_identifier user " +
    "moderation context_management image access_programs"
  ).split(" "),
);

/** @throws Refusal for a field of the body that this API does not have. */
export const refuseUnknownFields = (body: unknown): void => {
  const unknown = isRecord(body) ? Object.keys(body).find((name) => !knownFields.has(name)) : undefined;
  if (unknown !== undefined) refuse(`Unknown parameter: '${unknown}'.`, unknown, "unknown_parameter");
};

/** @throws Refusal for a number outside of its limits. */
export const checkNumbers = (body: JsonRecord): void => {
  for (const [name, lowest, highest, whole] of [
    ["temperature", 0, 2, false],
    ["top_p", 0, 1, false],
    ["top_logprobs", 0, 20, true],
    ["max_tool_calls", 1, 1e9, true],
  ] as const) {
    numberField(body, name, lowest, highest, whole);
  }
};

/** @throws Refusal for what only a server with a memory of its own beyond responses can do. */
export const refuseUnsupported = (body: JsonRecord): void => {
  if (body["background"] === true && body["stream"] !== true) {
    refuse("Background mode is not supported with this model.", "background");
  }
  for (const name of ["conversation", "prompt"] as const) {
    if ((body[name] ?? null) !== null) refuse(`There is no such ${name}.`, name);
  }
  if ((body["stream_options"] ?? null) !== null && body["stream"] !== true) {
    refuse("The 'stream_options' parameter is only allowed when 'stream' is enabled.", "stream_options");
  }
};

/** What is to be told beside the answer itself. */
export const readInclude = (body: JsonRecord): ReadonlySet<string> => {
  const include = body["include"] ?? [];
  if (!Array.isArray(include)) return refuse("Invalid type for 'include': expected an array.", "include");
  return new Set(include.map(String));
};

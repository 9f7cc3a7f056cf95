import { isRecord, type JsonRecord } from "../../json.ts";
import { refuse, Refusal } from "../../problem.ts";

const knownFields = new Set(
  (
    "model messages stream tools strict_tools tool_choice documents citation_options response_format safety_mode max_tokens " +
    "stop_sequences temperature seed frequency_penalty presence_penalty k p logprobs thinking priority"
  ).split(" "),
);

/** @throws Refusal always: this API has no such field. */
export const refuseField = (name: string): never => {
  throw new Refusal({
    kind: "invalid-request",
    status: 422,
    message: `unknown field: parameter '${name}' is not a valid field`,
  });
};

/** @throws Refusal for a field of the body that this API does not have. */
export const refuseUnknownFields = (body: unknown): void => {
  const unknown = isRecord(body) ? Object.keys(body).find((name) => !knownFields.has(name)) : undefined;
  if (unknown !== undefined) refuseField(unknown);
};

const limits: readonly (readonly [name: string, lowest: number, highest: number])[] = [
  ["temperature", 0, 1],
  ["p", 0.01, 0.99],
  ["k", 0, 500],
  ["frequency_penalty", 0, 1],
  ["presence_penalty", 0, 1],
  ["max_tokens", 1, 1e9],
  ["priority", 0, 999],
];

/** @throws Refusal for a number outside of its limits. */
export const checkNumbers = (body: JsonRecord): void => {
  for (const [name, lowest, highest] of limits) {
    const value = body[name] ?? undefined;
    if (value === undefined) continue;
    if (typeof value !== "number" || value < lowest || value > highest) {
      refuse(`invalid request: ${name} must be a number from ${lowest} to ${highest}`);
    }
  }
};

const mostStops = 5;

/** @throws Refusal for anything but a list of at most five texts. */
export const readStops = (body: JsonRecord): readonly string[] => {
  const given = body["stop_sequences"] ?? [];
  const texts = Array.isArray(given) ? given.filter((item) => typeof item === "string") : [];
  if (!Array.isArray(given) || texts.length !== given.length) {
    return refuse("invalid request: stop_sequences must be a list of strings");
  }
  return texts.length > mostStops ? refuse(`invalid request: at most ${mostStops} stop_sequences are allowed`) : texts;
};

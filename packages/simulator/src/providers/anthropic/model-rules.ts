import { asArray, isRecord, type JsonRecord } from "../../json.ts";
import { refuse } from "../../problem.ts";

/** The two versions of the API; the later one refuses some things that the earlier one took. */
export type Version = "2023-06-01" | "2026-10-21";

/** @throws Refusal when the header is missing or names no version. */
export const readVersion = (header: string | readonly string[] | undefined): Version => {
  if (header === "2023-06-01" || header === "2026-10-21") return header;
  return header === undefined
    ? refuse("header is required", "anthropic-version")
    : refuse(`"${String(header)}" is not a valid version`, "anthropic-version");
};

/** The generation in a model name as a number that can be compared; undefined for names that carry none. */
const generationOf = (model: string): number | undefined => {
  const match = /^claude-[a-z]+-(\d{1,2})(?:-(\d{1,2})(?!\d))?/u.exec(model);
  return match?.[1] === undefined ? undefined : Number(match[1]) * 100 + Number(match[2] ?? 0);
};

/** What a model does not take; models whose name says nothing take everything. */
export interface ModelRules {
  readonly refusesPrefill: boolean;
  readonly refusesThinkingBudget: boolean;
  readonly refusesSampling: boolean;
  readonly takesSystemTurns: boolean;
}

/** The rules for one model, by the generation in its name. */
export const rulesOf = (model: string): ModelRules => {
  const generation = generationOf(model);
  return {
    refusesPrefill: generation !== undefined && generation >= 406,
    refusesThinkingBudget: generation !== undefined && generation >= 407,
    refusesSampling: generation !== undefined && generation > 406,
    takesSystemTurns: generation === undefined || generation >= 408,
  };
};

const samplingNames = ["temperature", "top_p", "top_k"] as const;

/** @throws Refusal when a sampling field is out of range, or the version or the model does not take it. */
export const checkSampling = (body: JsonRecord, version: Version, rules: ModelRules): void => {
  for (const name of samplingNames) {
    const value = body[name] ?? undefined;
    if (value === undefined) continue;
    if (version === "2026-10-21") refuse("Extra inputs are not permitted", name);
    if (typeof value !== "number") return refuse("Input should be a valid number", name);
    if (name !== "top_k" && (value < 0 || value > 1)) refuse("Input should be between 0 and 1", name);
    const allowed = name === "temperature" ? value === 1 : name === "top_p" && value >= 0.99;
    if (rules.refusesSampling && !allowed) refuse("this model does not support the given value", name);
  }
  const thinking = body["thinking"];
  if (isRecord(thinking) && thinking["type"] === "enabled" && (body["temperature"] ?? 1) !== 1) {
    refuse("may only be set to 1 when thinking is enabled", "temperature");
  }
};

/** @throws Refusal for blocks that the later version of the API does not take. */
export const checkVersionBlocks = (messages: readonly unknown[], version: Version): void => {
  if (version !== "2026-10-21") return;
  for (const [index, message] of messages.entries()) {
    if (!isRecord(message)) continue;
    for (const [at, block] of asArray(message["content"]).entries()) {
      if (!isRecord(block)) continue;
      const path = `messages.${index}.content.${at}`;
      if (message["role"] === "assistant" && block["type"] === "document")
        refuse("document blocks are not permitted here", path);
      if (message["role"] === "user" && block["type"] === "text" && asArray(block["citations"]).length > 0) {
        refuse("Extra inputs are not permitted", `${path}.citations`);
      }
    }
  }
};

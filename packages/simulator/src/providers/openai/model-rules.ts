import type { JsonRecord } from "../../json.ts";
import { refuse } from "../../problem.ts";

const isReasoningFamily = (model: string): boolean => /^(?:o\d|gpt-5)/u.test(model) && !model.includes("chat");

/** From 5.1 on the family does not think unless it is asked to, and takes sampling fields while it does not. */
const alwaysThinks = (model: string): boolean => /^(?:o\d|gpt-5(?:-|$))/u.test(model);

/** Fields that a thinking model refuses, with the one value that it lets pass. */
const samplingFields: Readonly<Record<string, unknown>> = {
  temperature: 1,
  top_p: 1,
  presence_penalty: 0,
  frequency_penalty: 0,
  logprobs: false,
};

/**
 * Rules that hold for some families of models only.
 *
 * @throws Refusal when the model does not take one of the fields.
 */
export const checkModelRules = (model: string, body: JsonRecord): void => {
  if (!isReasoningFamily(model)) return;
  const unsupported = (name: string, hint: string): never =>
    refuse(`Unsupported parameter: '${name}' is not supported with this model.${hint}`, name, "unsupported_parameter");

  if ((body["max_tokens"] ?? undefined) !== undefined)
    unsupported("max_tokens", " Use 'max_completion_tokens' instead.");
  const effort = body["reasoning_effort"] ?? undefined;
  if (!alwaysThinks(model) && (effort === undefined || effort === "none")) return;
  if (body["stop"] !== undefined && body["stop"] !== null) unsupported("stop", "");
  for (const [name, allowed] of Object.entries(samplingFields)) {
    const value = body[name] ?? allowed;
    if (value !== allowed) {
      refuse(
        `Unsupported value: '${name}' does not support ${JSON.stringify(value)} with this model.`,
        name,
        "unsupported_value",
      );
    }
  }
};

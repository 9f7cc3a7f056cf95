import { thinksByName, type Effort } from "../../model/prompt.ts";
import { refuse } from "../../problem.ts";

const efforts: Readonly<Record<string, Effort>> = {
  none: "none",
  minimal: "low",
  low: "low",
  medium: "medium",
  high: "high",
  xhigh: "high",
  max: "high",
};

/** How hard a model is to think; `name` is the field that says so. @throws Refusal for a word that is not known. */
export const readEffort = (value: unknown, model: string, name: string): Effort => {
  const given = value ?? (thinksByName(model) ? "medium" : "none");
  const effort = typeof given === "string" && Object.hasOwn(efforts, given) ? efforts[given] : undefined;
  return (
    effort ??
    refuse(`Unsupported value: '${name}' does not support ${JSON.stringify(given)}.`, name, "unsupported_value")
  );
};

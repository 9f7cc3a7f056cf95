import { createHash } from "node:crypto";
import { canonicalText, type JsonRecord } from "../json.ts";
import { refuse } from "../problem.ts";

/**
 * What two requests have in common that must be answered alike. Leave out of `body` what only says how the answer is
 * delivered.
 *
 * @throws Refusal when the body is nested too deeply to be looked at.
 */
export const promptSeed = (seed: string, provider: string, model: string, body: JsonRecord): string => {
  try {
    return createHash("sha256")
      .update(`${seed}\0${provider}\0${model}\0`)
      .update(canonicalText(body))
      .digest("base64url");
  } catch (error) {
    if (error instanceof RangeError) return refuse("The request body is nested too deeply.");
    throw error;
  }
};

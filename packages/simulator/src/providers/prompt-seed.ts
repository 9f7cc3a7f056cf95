import { createHash } from "node:crypto";
import { canonicalText, type JsonRecord } from "../json.ts";

/**
 * What two requests have in common that must be answered alike. Leave out of `body` what only says how the answer is
 * delivered.
 */
export const promptSeed = (seed: string, provider: string, model: string, body: JsonRecord): string =>
  createHash("sha256").update(`${seed}\0${provider}\0${model}\0`).update(canonicalText(body)).digest("base64url");

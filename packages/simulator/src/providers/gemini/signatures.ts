import { canonicalText, isRecord, type JsonRecord } from "../../json.ts";
import type { Signer } from "../../model/signature.ts";
import { refuse } from "../../problem.ts";
import { field } from "./fields.ts";
import type { ModelRules } from "./model-rules.ts";

/** What a signature vouches for: the call it sits on, or the answer as a whole, whose text a client may have joined. */
export const signedContent = (part: JsonRecord): string => {
  const call = field(part, "functionCall");
  return isRecord(call) ? `${String(call["name"])}:${canonicalText(call["args"] ?? {})}` : "answer";
};

/** Accepted in place of the signature of a call that another model made. */
const skipValues: ReadonlySet<unknown> = new Set([
  "skip_thought_signature_validator",
  "context_engineering_is_the_way_to_go",
]);

/** @throws Refusal when a signature is not one that this simulator gave for this part. */
export const checkSignature = (part: JsonRecord, signer: Signer, path: string): void => {
  const signature = field(part, "thoughtSignature");
  if (signature === undefined || skipValues.has(signature)) return;
  if (typeof signature !== "string" || !signer.verify(signature, signedContent(part))) {
    refuse("Thought signature is not valid", `${path}.thought_signature`);
  }
};

interface Content {
  readonly role: string;
  readonly parts: readonly JsonRecord[];
}

/** @throws Refusal when a call of the current turn lost its signature and the model needs it. */
export const checkSignaturesKept = (contents: readonly Content[], rules: ModelRules): void => {
  if (!rules.needsSignatures) return;
  const turnStart = contents.findLastIndex(
    ({ role, parts }) => role === "user" && parts.some((part) => typeof part["text"] === "string"),
  );
  for (const [index, { role, parts }] of contents.entries()) {
    if (index < turnStart || role !== "model") continue;
    const firstCall = parts.find((part) => field(part, "functionCall") !== undefined);
    if (firstCall !== undefined && field(firstCall, "thoughtSignature") === undefined) {
      refuse(
        `Function call is missing a thought_signature in functionCall parts: contents[${index}].`,
        `contents[${index}]`,
      );
    }
  }
};

import type { Part } from "../../chat/message.ts";
import type { ChatRequest } from "../../chat/request.ts";
import { isClaude } from "../claude/model-traits.ts";
import { signatureFormat } from "./identity.ts";

/**
 * Whether a body in this dialect means to a model what its client meant. Not where it holds what another family issued,
 * which was wrapped for the way to the client and back, nor thoughts without a signature, which Claude refuses.
 */
export const fitsAsIs = ({ messages }: ChatRequest, model: string): boolean => {
  const isSigned = isClaude(model);
  return messages.every(({ role, parts }) => role !== "assistant" || !parts.some((part) => isForeign(part, isSigned)));
};

const isForeign = (part: Part, isSigned: boolean): boolean => {
  switch (part.type) {
    case "reasoning": {
      const proof = part.encrypted ?? part.signature;
      return proof === undefined ? isSigned : proof.format !== signatureFormat;
    }
    case "text":
    case "tool-call":
      // Claude signs neither.
      return part.signature !== undefined;
    default:
      return false;
  }
};

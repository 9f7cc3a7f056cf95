import type { Part } from "../../chat/message.ts";
import type { ChatRequest } from "../../chat/request.ts";
import { signatureFormat } from "./identity.ts";
import type { ModelTraits } from "./model-traits.ts";

/**
 * Whether a body in this dialect means to a model what its client meant. Not where it holds what another family signed,
 * which was wrapped for the way to the client and back, nor calls that lack a signature and go to a model that wants one.
 */
export const fitsAsIs = ({ messages }: ChatRequest, { signedCalls }: ModelTraits): boolean =>
  messages.every(
    ({ role, parts }) => role !== "assistant" || (!parts.some(isForeign) && (!signedCalls || isSigned(parts))),
  );

const isForeign = (part: Part): boolean => {
  if (part.type === "reasoning" && part.encrypted !== undefined) return true;
  return "signature" in part && part.signature !== undefined && part.signature.format !== signatureFormat;
};

/** Of several calls of one turn only the first is signed. */
const isSigned = (parts: readonly Part[]): boolean => {
  const call = parts.find(({ type }) => type === "tool-call");
  return call === undefined || ("signature" in call && call.signature !== undefined);
};

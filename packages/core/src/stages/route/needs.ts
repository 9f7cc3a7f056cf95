import { estimateInputTokens, surelyFits } from "../../chat/estimate.ts";
import type { Part } from "../../chat/message.ts";
import type { ChatRequest } from "../../chat/request.ts";
import type { Capability, Model } from "../../providers/catalog.ts";

/** What a model must be able to do to answer this request. */
export const neededCapabilities = (request: ChatRequest): ReadonlySet<Capability> => {
  const needed = new Set<Capability>();
  if (request.tools !== undefined && request.tools.length > 0) needed.add("tools");
  if (request.outputFormat?.type === "json-schema") needed.add("json-schema");
  const look = (parts: readonly Part[]): void => {
    for (const part of parts) {
      if (part.type === "image") needed.add("vision");
      else if (part.type === "audio") needed.add("audio-input");
      else if (part.type === "file" && part.source.type !== "text") needed.add("file-input");
      else if (part.type === "tool-result") look(part.content);
    }
  };
  for (const message of request.messages) look(message.parts);
  return needed;
};

/** Why a model can not answer the request, as far as the catalog knows; `undefined` where it can, or nobody knows. */
export const unfitness = (
  request: ChatRequest,
  needed: ReadonlySet<Capability>,
  model: Model | undefined,
): string | undefined => {
  if (model === undefined) return undefined;
  for (const capability of needed) if (!model.capabilities.includes(capability)) return `no ${capability}`;
  const { contextWindow } = model;
  if (contextWindow === undefined || surelyFits(request, contextWindow)) return undefined;
  const tokens = estimateInputTokens(request);
  return tokens > contextWindow ? `prompt of about ${tokens} tokens exceeds ${contextWindow}` : undefined;
};

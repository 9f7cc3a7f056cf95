import { estimateInputTokens, surelyFits } from "../../chat/estimate.ts";
import type { Part } from "../../chat/message.ts";
import type { ChatRequest } from "../../chat/request.ts";
import type { Capability, Model } from "../../providers/catalog.ts";
import type { Provider } from "../../providers/provider.ts";

/**
 * What a model must be able to do to answer this request, as far as the catalog can be trusted to say so: it is silent
 * on structured output and documents for most models, so these are left to the provider.
 */
export const neededCapabilities = (request: ChatRequest): ReadonlySet<Capability> => {
  const needed = new Set<Capability>();
  if (request.tools !== undefined && request.tools.length > 0) needed.add("tools");
  const look = (parts: readonly Part[]): void => {
    for (const part of parts) {
      if (part.type === "image") needed.add("vision");
      else if (part.type === "audio") needed.add("audio-input");
      else if (part.type === "tool-result") look(part.content);
    }
  };
  for (const message of request.messages) look(message.parts);
  return needed;
};

/** Why a target can not answer the request, as far as anybody knows; `undefined` where it can, or nobody knows. */
export const unfitness = (
  request: ChatRequest,
  needed: ReadonlySet<Capability>,
  model: Model | undefined,
  provider: Provider | undefined,
): string | undefined => {
  const wantsVectors = request.operation === "embeddings";
  if (wantsVectors && provider?.embeddings === undefined) return "no embeddings";
  if (model === undefined) return undefined;
  if ((model.mode === "embedding") !== wantsVectors) return wantsVectors ? "no embeddings" : "embeddings only";
  // A model that was declared by its name alone lists nothing, which says nothing.
  const { capabilities } = model;
  if (capabilities.length > 0)
    for (const capability of needed) if (!capabilities.includes(capability)) return `no ${capability}`;
  const { contextWindow } = model;
  if (contextWindow === undefined || surelyFits(request, contextWindow)) return undefined;
  const tokens = estimateInputTokens(request);
  return tokens > contextWindow ? `prompt of about ${tokens} tokens exceeds ${contextWindow}` : undefined;
};

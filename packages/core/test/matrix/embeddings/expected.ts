import { troubles, type Outcome, type Trouble } from "../expected.ts";
import type { EmbeddingBack } from "./backs.ts";

/** What clients want of embeddings. */
export const embeddingFeatures = ["one text", "several texts", "dimensions", "base64", "tokens", "usage"] as const;
export type EmbeddingFeature = (typeof embeddingFeatures)[number];

const unsupported: Outcome = { type: "refused", failure: { status: 400, code: "unsupported_parameter" } };

/** What becomes of a request for a feature. */
export const outcomeOfEmbedding = (feature: EmbeddingFeature, back: EmbeddingBack): Outcome => {
  if (feature === "several texts" && back.isSingle) return unsupported;
  if (feature === "tokens" && !back.takesTokens) return unsupported;
  return feature === "usage" && back.countsNothing ? { type: "works", how: "untold" } : { type: "works" };
};

/** Errors that a status alone tells. */
export const statusTroubles: readonly Trouble[] = troubles.filter(({ fault }) => /^\d+$/.test(fault));

/** What differs between generations of models; models whose name says nothing are taken for the second. */
export interface ModelRules {
  /** Calls of the current turn have to come back with their signatures. */
  readonly needsSignatures: boolean;
  /** Calls carry an id, which their responses have to repeat. */
  readonly givesCallIds: boolean;
  /** JSON answers and function tools in one request. */
  readonly mixesJsonAndTools: boolean;
}

/** The rules for one model, by the generation in its name. */
export const rulesOf = (model: string): ModelRules => {
  const generation = Number(/^gemini-(\d+(?:\.\d+)?)/u.exec(model)?.[1] ?? Number.NaN);
  return {
    needsSignatures: generation >= 3,
    givesCallIds: generation >= 3.5,
    mixesJsonAndTools: Number.isNaN(generation) || generation >= 3,
  };
};

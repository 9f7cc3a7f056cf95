import type { Json } from "../dialect.ts";
import { arrayIn, isObject, numberIn, stringIn } from "../fields.ts";

interface TokenLogprob {
  readonly token: string;
  readonly logprob: number;
  /** The provider does not tell the token's bytes. */
  readonly bytes: null;
}

const toLogprob = (candidate: unknown): TokenLogprob | undefined => {
  if (!isObject(candidate)) return undefined;
  const logprob = numberIn(candidate, "logProbability");
  return logprob === undefined ? undefined : { token: stringIn(candidate, "token") ?? "", logprob, bytes: null };
};

/** `logprobsResult` as the entries of a text's logprobs: each chosen token with the alternatives at its place. */
export const toLogprobs = (result: Json): readonly unknown[] => {
  const alternatives = arrayIn(result, "topCandidates");
  return arrayIn(result, "chosenCandidates").flatMap((chosen, index) => {
    const entry = toLogprob(chosen);
    const place = alternatives[index];
    const top = isObject(place) ? arrayIn(place, "candidates") : [];
    return entry === undefined
      ? []
      : [{ ...entry, top_logprobs: top.map(toLogprob).filter((each) => each !== undefined) }];
  });
};

const fromLogprob = (entry: Json): Json => ({
  token: stringIn(entry, "token") ?? "",
  logProbability: numberIn(entry, "logprob"),
});

/** The entries of a text's logprobs as `logprobsResult`. */
export const writeLogprobs = (entries: readonly unknown[]): Json => {
  const chosen = entries.filter(isObject);
  return {
    topCandidates: chosen.map((entry) => ({
      candidates: arrayIn(entry, "top_logprobs").filter(isObject).map(fromLogprob),
    })),
    chosenCandidates: chosen.map(fromLogprob),
  };
};

import type { Json } from "../dialect.ts";
import { arrayIn, isObject, numberIn, stringIn } from "../fields.ts";

const toLogprob = (entry: Json, logprob: number): Json => ({
  token: stringIn(entry, "token") ?? "",
  logprob,
  bytes: Array.isArray(entry["bytes"]) ? entry["bytes"] : null,
});

const toEntries = (list: readonly unknown[], more: (entry: Json) => Json): readonly Json[] =>
  list.filter(isObject).flatMap((entry) => {
    const logprob = numberIn(entry, "logprob");
    return logprob === undefined ? [] : [{ ...toLogprob(entry, logprob), ...more(entry) }];
  });

/** The probabilities of an answer's tokens, with the fields that the dialect leaves out where they are empty. */
export const toLogprobs = (list: readonly unknown[]): readonly Json[] =>
  toEntries(list, (entry) => ({ top_logprobs: toEntries(arrayIn(entry, "top_logprobs"), () => ({})) }));

import { isObject, stringIn } from "../fields.ts";

/**
 * The entries of a text's logprobs, from one item or a list of them. An item is a piece of text, often one token; of
 * several tokens only the joint probability can be told, because where they part is not.
 */
export const toLogprobs = (value: unknown): readonly unknown[] =>
  (Array.isArray(value) ? value : [value]).filter(isObject).flatMap((item) => {
    const { logprobs } = item;
    if (!Array.isArray(logprobs) || logprobs.length === 0 || !logprobs.every(isLogprob)) return [];
    const logprob = logprobs.reduce((sum, each) => sum + each, 0);
    return [{ token: stringIn(item, "text") ?? "", logprob, bytes: null, top_logprobs: [] }];
  });

const isLogprob = (value: unknown): value is number => Number.isFinite(value);

import type { Json } from "../dialect.ts";
import { arrayIn, isObject, numberIn, stringIn } from "../fields.ts";

/**
 * Writes the probabilities of a text, which come as a chat tells them: one entry a token.
 *
 * @param offset Characters of the answer before this text.
 */
export const writeLogprobs = (entries: readonly unknown[], offset: number): Json => {
  const tokens: string[] = [];
  const tokenLogprobs: (number | null)[] = [];
  const topLogprobs: Json[] = [];
  const textOffset: number[] = [];
  let at = offset;
  for (const entry of entries) {
    if (!isObject(entry)) continue;
    const token = stringIn(entry, "token") ?? "";
    tokens.push(token);
    tokenLogprobs.push(numberIn(entry, "logprob") ?? null);
    topLogprobs.push(Object.fromEntries(arrayIn(entry, "top_logprobs").filter(isObject).map(alternative)));
    textOffset.push(at);
    at += lengthOf(token);
  }
  return { tokens, token_logprobs: tokenLogprobs, top_logprobs: topLogprobs, text_offset: textOffset };
};

const alternative = (entry: Json): readonly [token: string, logprob: number | null] => [
  stringIn(entry, "token") ?? "",
  numberIn(entry, "logprob") ?? null,
];

/** Characters of a text, as this API counts them. */
export const lengthOf = (text: string): number => Array.from(text).length;

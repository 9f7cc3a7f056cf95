import type { ChatEvent } from "../../chat/event.ts";
import { tokenCount } from "../../chat/usage.ts";
import type { DecodeOptions, Json } from "../dialect.ts";
import { toEvents } from "../embeddings/to-events.ts";
import { readVector } from "../embeddings/vector.ts";
import { arrayIn, isObject, numberIn, objectIn, stringIn } from "../fields.ts";
import { throwIfError } from "../openai-errors.ts";

/** Reads a list of embeddings; each says which input it is of, in whatever order they come. */
export const decodeReply = (body: Json, options: DecodeOptions): readonly ChatEvent[] => {
  throwIfError(body, options.provider);
  const data = arrayIn(body, "data").filter(isObject);
  const vectors = data
    .map((item, position) => ({ at: numberIn(item, "index") ?? position, vector: readVector(item["embedding"]) }))
    .toSorted((a, b) => a.at - b.at)
    .map(({ at, vector }, position) => (at === position ? vector : undefined));
  const counts = objectIn(body, "usage");
  const inputTokens = tokenCount(counts?.["prompt_tokens"]) ?? tokenCount(counts?.["total_tokens"]);
  return toEvents(
    {
      id: stringIn(body, "id"),
      model: stringIn(body, "model"),
      created: numberIn(body, "created"),
      vectors,
      usage: inputTokens === undefined ? undefined : { inputTokens, outputTokens: 0 },
    },
    options,
  );
};

/** Servers that count the tokens in other words, or do not say of which input a vector is. */
export const isBroken = (body: Json): boolean =>
  tokenCount(objectIn(body, "usage")?.["prompt_tokens"]) === undefined ||
  arrayIn(body, "data").some((item) => isObject(item) && numberIn(item, "index") === undefined);

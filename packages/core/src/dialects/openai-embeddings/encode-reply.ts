import type { CollectedReply } from "../../chat/collect.ts";
import type { EncodeOptions } from "../dialect.ts";
import { toBase64, toNumbers } from "../embeddings/vector.ts";

/** Writes an answer as a list of embeddings, each in the form the client asked for. */
export const encodeReply = ({ model, choices, usage }: CollectedReply, { request }: EncodeOptions): string => {
  const write = request.embedding?.encoding === "base64" ? toBase64 : toNumbers;
  const vectors = choices[0]?.embeddings ?? [];
  const inputTokens = usage?.inputTokens ?? 0;
  return JSON.stringify({
    object: "list",
    data: vectors.map((vector, index) => ({ object: "embedding", index, embedding: write(vector) })),
    model: model ?? request.model,
    usage: { prompt_tokens: inputTokens, total_tokens: inputTokens },
  });
};

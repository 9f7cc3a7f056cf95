import type { ChatEvent, ReplyStart, Vector } from "../../chat/event.ts";
import type { Usage } from "../../chat/usage.ts";
import type { DecodeOptions } from "../dialect.ts";
import { invalidIn } from "../invalid-answer.ts";

export interface EmbeddingAnswer {
  readonly id?: string | undefined;
  readonly model?: string | undefined;
  readonly created?: number | undefined;
  /** In the order of the inputs; `undefined` where the provider sent something else. */
  readonly vectors: readonly (Vector | undefined)[];
  readonly usage?: Usage | undefined;
}

/**
 * The events of an answer.
 *
 * @throws UpstreamError `upstream_invalid_response` where it does not hold one vector for each input.
 */
export const toEvents = (answer: EmbeddingAnswer, { provider, request }: DecodeOptions): readonly ChatEvent[] => {
  const { vectors, usage, id, model, created } = answer;
  const invalid = invalidIn(provider, "upstream_invalid_response");
  const wanted = request.messages.length;
  if (vectors.length !== wanted) throw invalid(`${vectors.length} embeddings for ${wanted} inputs`);
  const start: ReplyStart = {
    type: "reply-start",
    ...(id === undefined ? {} : { id }),
    ...(model === undefined ? {} : { model }),
    ...(created === undefined ? {} : { created }),
  };
  const embeddings = Array.from(vectors, (vector, index): ChatEvent => {
    if (vector === undefined) throw invalid("an embedding that is no vector");
    return { type: "embedding", choice: 0, index, vector };
  });
  return [
    start,
    ...embeddings,
    ...(usage === undefined ? [] : [{ type: "usage" as const, usage }]),
    { type: "reply-end", choice: 0, finishReason: "stop" },
  ];
};

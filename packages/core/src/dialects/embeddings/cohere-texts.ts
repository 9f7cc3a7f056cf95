import type { ChatRequest } from "../../chat/request.ts";
import type { Json } from "../dialect.ts";
import { present } from "../fields.ts";
import type { Losses } from "../losses.ts";
import { nameEmbeddingLosses, textOf } from "./inputs.ts";

/** What texts are for, in the words of other providers. */
const purposes: ReadonlyMap<string, string> = new Map([
  ["document", "search_document"],
  ["query", "search_query"],
  ["RETRIEVAL_DOCUMENT", "search_document"],
  ["RETRIEVAL_QUERY", "search_query"],
  ["CLASSIFICATION", "classification"],
  ["CLUSTERING", "clustering"],
]);

/** Without one its models refuse; texts that are stored are the usual case. */
const usualPurpose = "search_document";

/** The fields that Cohere's models take for embeddings, whoever hosts them. */
export const encodeTexts = (request: ChatRequest, losses: Losses): Json => {
  nameEmbeddingLosses(request, losses);
  const { dimensions, inputType = usualPurpose } = request.embedding ?? {};
  return present({
    texts: request.messages.map((message) => textOf(message, losses)),
    input_type: purposes.get(inputType) ?? inputType,
    embedding_types: ["float"],
    output_dimension: dimensions,
    // A text that is too long is refused, not cut in silence.
    truncate: "NONE",
  });
};

/** Id of the dialect. */
export const dialectId = "openai-embeddings";

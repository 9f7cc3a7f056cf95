import { randomUUID } from "node:crypto";
import type { LanguageModelV4Source } from "@ai-sdk/provider";
import type { Citation } from "@llm-gateway/core";

/** What a citation points to: a page, or a document of the prompt. */
export const toSource = ({ url, title }: Citation): LanguageModelV4Source => {
  const id = randomUUID();
  return url === undefined
    ? // Citations do not tell what kind of document it was.
      { type: "source", sourceType: "document", id, mediaType: "application/octet-stream", title: title ?? "Document" }
    : { type: "source", sourceType: "url", id, url, ...(title === undefined ? {} : { title }) };
};

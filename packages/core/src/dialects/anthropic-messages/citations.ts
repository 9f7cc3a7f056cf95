import type { Citation } from "../../chat/message.ts";
import type { Json } from "../dialect.ts";
import { present, stringIn } from "../fields.ts";
import { dialectId } from "./identity.ts";

/** A citation as it hangs on a text block; the block is the cited span, in UTF-16 offsets of the whole answer. */
export const decodeCitation = (citation: Json, start?: number, end?: number): Citation =>
  present({
    url: stringIn(citation, "url"),
    title: stringIn(citation, "title") ?? stringIn(citation, "document_title"),
    citedText: stringIn(citation, "cited_text"),
    start,
    end,
    raw: { dialect: dialectId, value: citation },
  });

/** The citation's own form; `undefined` for one from elsewhere, which Anthropic's forms cannot say. */
export const encodeCitation = (citation: Citation): unknown =>
  citation.raw?.dialect === dialectId ? citation.raw.value : undefined;

import { textOfSource } from "../../chat/media.ts";
import type { FilePart } from "../../chat/message.ts";
import type { Json } from "../dialect.ts";
import { present } from "../fields.ts";
import type { Losses } from "../losses.ts";
import { whyRefused } from "../media-address.ts";

/** A file as a document the model can cite; `undefined` where it is none: documents are text. */
export const encodeDocument = (part: FilePart, losses: Losses): Json | undefined => {
  const text = textOfSource(part.source);
  if (text === undefined) {
    losses.meaning("messages[].content[].file", whyRefused("it takes documents as text only", part.source));
    return undefined;
  }
  return { data: present({ title: part.title ?? part.filename, context: part.context, text }) };
};

/** The same file told in the turn itself, where no document can go with the request. */
export const inlineDocument = (part: FilePart, losses: Losses): Json | undefined => {
  const text = textOfSource(part.source);
  if (text === undefined) return encodeDocument(part, losses);
  if (part.citations === true) losses.tuning("messages[].content[].citations");
  const lines = [part.title ?? part.filename, part.context, text];
  return { type: "text", text: lines.filter((line) => line !== undefined && line !== "").join("\n") };
};

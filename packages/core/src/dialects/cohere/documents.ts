import type { FilePart, MediaSource } from "../../chat/message.ts";
import type { Json } from "../dialect.ts";
import { present } from "../fields.ts";
import type { Losses } from "../losses.ts";

const isText = (mediaType: string): boolean => /^(text\/|application\/(json|xml|yaml)\b)/i.test(mediaType);

const textOf = (source: MediaSource): string | undefined => {
  if (source.type === "text") return source.text;
  return source.type === "base64" && isText(source.mediaType)
    ? Buffer.from(source.data, "base64").toString()
    : undefined;
};

/** A file as a document the model can cite; `undefined` where it is none: documents are text. */
export const encodeDocument = (part: FilePart, losses: Losses): Json | undefined => {
  const text = textOf(part.source);
  if (text === undefined) {
    losses.meaning("messages[].content[].file", "it takes documents as text only");
    return undefined;
  }
  return { data: present({ title: part.title ?? part.filename, context: part.context, text }) };
};

/** The same file told in the turn itself, where no document can go with the request. */
export const inlineDocument = (part: FilePart, losses: Losses): Json | undefined => {
  const text = textOf(part.source);
  if (text === undefined) return encodeDocument(part, losses);
  if (part.citations === true) losses.tuning("messages[].content[].citations");
  const lines = [part.title ?? part.filename, part.context, text];
  return { type: "text", text: lines.filter((line) => line !== undefined && line !== "").join("\n") };
};

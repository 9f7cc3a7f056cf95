import type { Citation } from "../../chat/message.ts";
import type { Json } from "../dialect.ts";
import { numberIn, present, stringIn } from "../fields.ts";
import { dialectId } from "./identity.ts";

/** Reads one annotation. Its places count from where its part begins, which is `offset` in the whole text. */
export const readAnnotation = (annotation: Json, offset: number): Citation => {
  const start = numberIn(annotation, "start_index");
  const end = numberIn(annotation, "end_index");
  return present({
    url: stringIn(annotation, "url"),
    title: stringIn(annotation, "title") ?? stringIn(annotation, "filename"),
    start: start === undefined ? undefined : start + offset,
    end: end === undefined ? undefined : end + offset,
    raw: { dialect: dialectId, value: annotation },
  });
};

/** A citation as an annotation; `undefined` where it points to nothing this dialect can name. */
export const writeAnnotation = ({ url, title, start, end, raw }: Citation, offset: number): unknown => {
  if (raw?.dialect === dialectId) return raw.value;
  if (url === undefined) return undefined;
  const place = (index: number | undefined): number => Math.max(0, (index ?? offset) - offset);
  return { type: "url_citation", start_index: place(start), end_index: place(end), url, title: title ?? "" };
};

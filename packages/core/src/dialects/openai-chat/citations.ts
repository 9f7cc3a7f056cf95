import type { Citation } from "../../chat/message.ts";
import type { Json } from "../dialect.ts";
import { arrayIn, isObject, numberIn, objectIn, present, stringIn } from "../fields.ts";
import { dialectId } from "./identity.ts";

/** Reads `message.annotations` or `delta.annotations`. What is no `url_citation` is kept for this dialect only. */
export const readAnnotations = (message: Json): readonly Citation[] =>
  arrayIn(message, "annotations")
    .filter(isObject)
    .map((annotation) => {
      const cited = objectIn(annotation, "url_citation") ?? {};
      return present({
        url: stringIn(cited, "url"),
        title: stringIn(cited, "title"),
        citedText: stringIn(cited, "content"),
        start: numberIn(cited, "start_index"),
        end: numberIn(cited, "end_index"),
        raw: { dialect: dialectId, value: annotation },
      });
    });

/** Whether a server lists sources beside the choices, as some do: `search_results`, or bare addresses. */
export const hasSources = (body: Json): boolean =>
  body["search_results"] !== undefined || body["citations"] !== undefined;

/** Reads the sources that a server lists beside the choices. */
export const readSources = (body: Json): readonly Citation[] => {
  if (!hasSources(body)) return [];
  const sources = new Map<string, Citation>();
  for (const result of arrayIn(body, "search_results")) {
    if (!isObject(result)) continue;
    const url = stringIn(result, "url");
    if (url !== undefined) sources.set(url, present({ url, title: stringIn(result, "title") }));
  }
  for (const url of arrayIn(body, "citations")) {
    if (typeof url === "string" && !sources.has(url)) sources.set(url, { url });
  }
  return [...sources.values()];
};

/** A citation as an annotation; `undefined` where it points to nothing this dialect can name. */
export const writeAnnotation = ({ url, title, start, end, raw }: Citation): unknown => {
  if (raw?.dialect === dialectId) return raw.value;
  if (url === undefined) return undefined;
  return {
    type: "url_citation",
    url_citation: { start_index: start ?? 0, end_index: end ?? 0, title: title ?? "", url },
  };
};

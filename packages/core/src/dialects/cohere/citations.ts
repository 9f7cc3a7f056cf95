import type { ChatEvent } from "../../chat/event.ts";
import type { Json } from "../dialect.ts";
import { arrayIn, isObject, numberIn, objectIn, present, stringIn } from "../fields.ts";
import { dialectId } from "./identity.ts";
import type { TextPlaces } from "./text-places.ts";

/** The events of one citation: one for each source. The provider counts characters within one content item. */
export const toCitations = (citation: Json, places: TextPlaces): readonly ChatEvent[] => {
  const type = stringIn(citation, "type") ?? "TEXT_CONTENT";
  const index = numberIn(citation, "content_index");
  // What thoughts and plans cite is no part of the answer.
  if (type !== "TEXT_CONTENT" || (index !== undefined && !places.has(index))) {
    return [{ type: "opaque", dialect: dialectId, name: "citation", value: citation }];
  }
  const unitAt = (name: string): number | undefined => {
    const character = numberIn(citation, name);
    return character === undefined || character < 0 ? undefined : places.unitAt(index, Math.floor(character));
  };
  const common = {
    citedText: stringIn(citation, "text"),
    start: unitAt("start"),
    end: unitAt("end"),
    raw: { dialect: dialectId, value: citation },
  };
  const sources = arrayIn(citation, "sources").filter(isObject);
  return (sources.length === 0 ? [{}] : sources).map((source) => {
    const data = objectIn(source, "document") ?? objectIn(source, "tool_output") ?? {};
    const citationOf = present({ url: stringIn(data, "url"), title: stringIn(data, "title"), ...common });
    return { type: "citation", choice: 0, citation: citationOf };
  });
};

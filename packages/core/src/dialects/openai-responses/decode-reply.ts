import type { ChatEvent, OpaqueEvent, ReplyStart } from "../../chat/event.ts";
import { UpstreamError } from "../../errors.ts";
import type { DecodeOptions, Json } from "../dialect.ts";
import { arrayIn, isObject, numberIn, present, restOf, stringIn } from "../fields.ts";
import { throwIfError } from "../openai-errors.ts";
import { readEnd } from "./endings.ts";
import { toExtras } from "./extras.ts";
import { dialectId } from "./identity.ts";
import { imageIn } from "./images.ts";
import { itemMark } from "./item-mark.ts";
import { createOutputReader } from "./output-reader.ts";
import { readUsage } from "./usage.ts";

/** What is read elsewhere, or is different by the time the answer is written again. */
const readFields: ReadonlySet<string> = new Set([
  "id",
  "object",
  "created_at",
  "completed_at",
  "status",
  "error",
  "incomplete_details",
  "model",
  "output",
  "output_text",
  "usage",
  "service_tier",
]);

/** Reads a whole response. */
export const decodeReply = (body: Json, options: DecodeOptions): readonly ChatEvent[] => {
  const { provider } = options;
  throwIfError(body, provider);
  if (!Array.isArray(body["output"])) {
    throw new UpstreamError("upstream_invalid_response", `${provider} sent an answer without output.`, { provider });
  }
  const reader = createOutputReader(options, "upstream_invalid_response");
  const events: ChatEvent[] = [readStart(body)];
  arrayIn(body, "output").forEach((item, index) => {
    if (!isObject(item)) return;
    const read = reader.finish(item, index);
    // Hosted tools and whatever else only this dialect knows.
    events.push(...(read.length > 0 ? read : [{ ...opaque("item", item), completes: completedItem(item) }]));
  });
  const usage = readUsage(body["usage"]);
  if (usage !== undefined) events.push({ type: "usage", usage });
  events.push(readEnd(body, reader.callCount() > 0, provider));
  return events;
};

/** The start of an answer, from the response or from the one its stream begins with. */
export const readStart = (response: Json): ReplyStart =>
  present({
    type: "reply-start" as const,
    id: stringIn(response, "id") || undefined,
    model: stringIn(response, "model") || undefined,
    created: numberIn(response, "created_at") || undefined,
    serviceTier: stringIn(response, "service_tier") || undefined,
    extras: toExtras(restOf(response, readFields) ?? {}),
  });

/** An item that only this dialect can say, as a part of the answer. */
export const completedItem = (item: Json): NonNullable<OpaqueEvent["completes"]> => ({
  choice: 0,
  part: present({ type: "opaque" as const, dialect: dialectId, value: item, extras: itemMark, image: imageIn(item) }),
});

/** Something without a meaning elsewhere. */
export const opaque = (name: string, value?: unknown): OpaqueEvent =>
  value === undefined
    ? { type: "opaque", dialect: dialectId, name }
    : { type: "opaque", dialect: dialectId, name, value };

import type { ChatEvent } from "../../chat/event.ts";
import { isObject } from "../../dialects/fields.ts";

type Check = (value: unknown) => boolean;

const text: Check = (value) => typeof value === "string";
const flag: Check = (value) => typeof value === "boolean";
const number: Check = Number.isFinite;
const count: Check = (value) => Number.isSafeInteger(value) && Number(value) >= 0;
const list: Check = Array.isArray;
const oneOf =
  (...values: readonly string[]): Check =>
  (value) =>
    typeof value === "string" && values.includes(value);

type Shape = Readonly<Record<string, Check>>;

/** Fields whose names end in `?` may be absent. */
const matches = (value: unknown, shape: Shape): boolean => {
  if (!isObject(value)) return false;
  for (const [name, check] of Object.entries(shape)) {
    const optional = name.endsWith("?");
    const field = value[optional ? name.slice(0, -1) : name];
    if (field === undefined ? !optional : !check(field)) return false;
  }
  return true;
};

const shaped =
  (shape: Shape): Check =>
  (value) =>
    matches(value, shape);

const vector: Check = (value) => text(value) || (Array.isArray(value) && value.every(number));
const signature = shaped({ format: text, value: text });
const image = shaped({ type: oneOf("base64", "url"), "mediaType?": text, "data?": text, "url?": text });

const counts: Shape = {
  inputTokens: count,
  outputTokens: count,
  "cacheReadTokens?": count,
  "cacheWriteTokens?": count,
  "cacheWriteLongTokens?": count,
  "reasoningTokens?": count,
  "audioInputTokens?": count,
  "audioOutputTokens?": count,
};

const shapes: Readonly<Record<ChatEvent["type"], Shape>> = {
  "reply-start": {
    "id?": text,
    "model?": text,
    "created?": number,
    "serviceTier?": text,
    "systemFingerprint?": text,
    "extras?": isObject,
  },
  "text-delta": { choice: count, text, "block?": count, "logprobs?": list, "signature?": signature },
  "reasoning-delta": {
    choice: count,
    text,
    "block?": count,
    "summary?": flag,
    "signature?": signature,
    "encrypted?": signature,
    "id?": text,
  },
  "tool-call-start": {
    choice: count,
    index: count,
    id: text,
    name: text,
    kind: oneOf("function", "custom"),
    "signature?": signature,
  },
  "tool-call-delta": { choice: count, index: count, arguments: text },
  "tool-call-end": { choice: count, index: count },
  "refusal-delta": { choice: count, text },
  citation: {
    choice: count,
    "block?": count,
    citation: shaped({
      "url?": text,
      "title?": text,
      "citedText?": text,
      "start?": count,
      "end?": count,
      "raw?": shaped({ dialect: text }),
    }),
  },
  embedding: { choice: count, index: count, vector },
  usage: {
    usage: shaped({ ...counts, "billed?": shaped(counts), "costNanoUsd?": count, "estimated?": flag }),
  },
  "reply-end": {
    choice: count,
    finishReason: oneOf("stop", "length", "tool_calls", "content_filter", "error"),
    "nativeFinishReason?": text,
    "stopSequence?": text,
    "extras?": isObject,
  },
  opaque: {
    dialect: text,
    name: text,
    "completes?": shaped({
      choice: count,
      part: shaped({ type: oneOf("opaque"), dialect: text, "extras?": isObject, "image?": image }),
    }),
  },
};

/**
 * Whether a value from a store is an event in every field that has a meaning here. One with a wire frame is none:
 * frames are written to clients unread.
 */
export const isEventShape = (value: unknown): value is ChatEvent => {
  if (!isObject(value) || "frame" in value || typeof value["type"] !== "string") return false;
  return Object.hasOwn(shapes, value["type"]) && matches(value, shapes[value["type"] as ChatEvent["type"]]); // a key of `shapes`
};

import type { ChatEvent, ReplyEnd } from "../../chat/event.ts";
import type { Citation } from "../../chat/message.ts";
import type { Json } from "../dialect.ts";
import { arrayIn, isObject, objectIn, present, restOf, stringIn } from "../fields.ts";
import { dialectId } from "./identity.ts";
import { toFinishReason } from "./stop-reasons.ts";
import { decodeUsage } from "./usage.ts";

export const opaque = (name: string, value: unknown): ChatEvent => ({
  type: "opaque",
  dialect: dialectId,
  name,
  value,
});

/** A tool that Bedrock itself runs. */
export const isServerTool = (use: Json): boolean => use["type"] === "server_tool_use";

/** The reasoning in a `reasoningText`, or in a piece of one; nothing where there is none. */
export const decodeReasoning = (reasoning: Json, block: number, format: string): readonly ChatEvent[] => {
  const text = stringIn(reasoning, "text") ?? "";
  const signature = stringIn(reasoning, "signature") ?? "";
  const redacted = stringIn(reasoning, "redactedContent");
  const base = { type: "reasoning-delta" as const, choice: 0, block };
  return [
    ...(text === "" && signature === ""
      ? []
      : [{ ...base, text, ...(signature === "" ? {} : { signature: { format, value: signature } }) }]),
    ...(redacted === undefined ? [] : [{ ...base, text: "", encrypted: { format, value: redacted } }]),
  ];
};

/** A citation as it hangs on a block, which is the cited span, in UTF-16 offsets of the whole answer. */
export const decodeCitation = (citation: Json, span: { readonly start: number; readonly end: number }): Citation => {
  const web = objectIn(objectIn(citation, "location") ?? {}, "web") ?? {};
  const source = stringIn(citation, "source");
  const sources = arrayIn(citation, "sourceContent").filter(isObject);
  const citedText = sources.map((content) => stringIn(content, "text") ?? "").join("");
  return present({
    url: stringIn(web, "url") ?? (source !== undefined && /^https?:\/\//.test(source) ? source : undefined),
    title: stringIn(citation, "title") ?? stringIn(web, "domain"),
    citedText: citedText === "" ? undefined : citedText,
    ...(span.end > span.start ? span : {}),
    raw: { dialect: dialectId, value: citation },
  });
};

const knownMetadata: ReadonlySet<string> = new Set(["output", "stopReason", "usage", "p"]);

/** Usage, and what only Bedrock tells: its guardrail's trace, how long it took. */
export const decodeMetadata = (metadata: Json): readonly ChatEvent[] => {
  const usage = decodeUsage(objectIn(metadata, "usage") ?? {});
  const rest = restOf(metadata, knownMetadata);
  return [
    ...(usage === undefined ? [] : [{ type: "usage" as const, usage }]),
    ...(rest === undefined ? [] : [opaque("metadata", rest)]),
  ];
};

/** What ends the answer, from a whole one or from a stream's `messageStop`. */
export const decodeEnd = (stop: Json, stopReason: string, hasToolCalls: boolean): ReplyEnd =>
  present({
    type: "reply-end" as const,
    choice: 0,
    finishReason: toFinishReason(stopReason, hasToolCalls),
    nativeFinishReason: stopReason,
    stopSequence: stringIn(objectIn(stop, "additionalModelResponseFields") ?? {}, "stop_sequence"),
  });

import { opaqueWhole, type ChatEvent, type TextDelta } from "../../chat/event.ts";
import type { MediaSource } from "../../chat/message.ts";
import type { Json } from "../dialect.ts";
import { isObject, objectIn, stringIn } from "../fields.ts";
import type { Brought } from "./finish-reason.ts";
import { dialectId, signatureFormat } from "./identity.ts";

/** Keys that stand beside what a part holds. */
const siblings: ReadonlySet<string> = new Set([
  "thought",
  "thoughtSignature",
  "videoMetadata",
  "mediaResolution",
  "partMetadata",
]);

const imageIn = (part: Json): MediaSource | undefined => {
  const { mimeType, data } = objectIn(part, "inlineData") ?? {};
  return typeof mimeType === "string" && mimeType.startsWith("image/") && typeof data === "string"
    ? { type: "base64", mediaType: mimeType, data }
    : undefined;
};

/** Reads the parts of one choice. */
export interface PartReader {
  readonly read: (parts: readonly unknown[], events: ChatEvent[]) => void;
  readonly addLogprobs: (logprobs: readonly unknown[], events: ChatEvent[]) => void;
  /** The answer's text so far, thoughts left out. */
  readonly text: () => string;
  readonly brought: () => Brought;
}

/** @param nextCallId Gives the id of a call the provider gave none. */
export const createPartReader = (choice: number, nextCallId: () => string): PartReader => {
  let text = "";
  let calls = 0;
  // A signed part is complete: what follows it is another part, even if it is text again.
  let block = 0;

  const textual = (part: Json, content: string, events: ChatEvent[]): void => {
    const value = stringIn(part, "thoughtSignature");
    if (content === "" && value === undefined) return;
    const thought = part["thought"] === true;
    if (!thought) text += content;
    const rest = {
      choice,
      text: content,
      ...(block === 0 ? {} : { block }),
      ...(value === undefined ? {} : { signature: { format: signatureFormat, value } }),
    };
    events.push(thought ? { type: "reasoning-delta", ...rest, summary: true } : { type: "text-delta", ...rest });
    if (value !== undefined) block++;
  };

  const call = (part: Json, functionCall: Json, name: string, events: ChatEvent[]): void => {
    const value = stringIn(part, "thoughtSignature");
    const id = stringIn(functionCall, "id") ?? "";
    const index = calls++;
    events.push(
      {
        type: "tool-call-start",
        choice,
        index,
        id: id === "" ? nextCallId() : id,
        name,
        kind: "function",
        ...(value === undefined ? {} : { signature: { format: signatureFormat, value } }),
      },
      { type: "tool-call-delta", choice, index, arguments: JSON.stringify(functionCall["args"] ?? {}) },
      { type: "tool-call-end", choice, index },
    );
  };

  const readPart = (part: Json, events: ChatEvent[]): void => {
    if (typeof part["text"] === "string") {
      textual(part, part["text"], events);
      return;
    }
    const functionCall = objectIn(part, "functionCall");
    const name = stringIn(functionCall ?? {}, "name");
    // Arguments that come in pieces have a form of their own; the gateway never asks for them.
    if (functionCall !== undefined && name !== undefined && functionCall["willContinue"] !== true) {
      call(part, functionCall, name, events);
      return;
    }
    const held = Object.keys(part).find((key) => !siblings.has(key));
    if (held === undefined) textual(part, "", events);
    else {
      const image = imageIn(part);
      const own = { type: "opaque", dialect: dialectId, value: part } as const;
      events.push(opaqueWhole(held, choice, image === undefined ? own : { ...own, image }));
    }
  };

  return {
    read: (parts, events) => {
      for (const part of parts) if (isObject(part)) readPart(part, events);
    },
    addLogprobs: (logprobs, events) => {
      if (logprobs.length === 0) return;
      const index = events.findLastIndex((event) => event.type === "text-delta" && event.choice === choice);
      // The index is that of a text delta, if it is one at all.
      const delta = events[index] as TextDelta | undefined;
      if (delta === undefined) events.push({ type: "text-delta", choice, text: "", logprobs });
      else events[index] = { ...delta, logprobs };
    },
    text: () => text,
    brought: () => ({ text: text !== "", calls: calls > 0 }),
  };
};

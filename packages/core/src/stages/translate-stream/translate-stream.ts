import type { ChatEvent } from "../../chat/event.ts";
import { mapEvents } from "../../chat/map-reply.ts";
import type { Reply } from "../../chat/reply.ts";
import type { Context } from "../../pipeline/context.ts";
import { defineStage, type Stage } from "../../pipeline/stage.ts";
import { registryKey } from "../../providers/registry.ts";
import { checkKnown } from "../../check-options.ts";
import { createThinkTags, type ThinkTags } from "./think-tags.ts";
import { createWellFormed } from "./well-formed.ts";

export interface TranslateStreamOptions {
  /**
   * Whether `<think>…</think>` at the start of an answer is turned into reasoning. `auto`: for providers whose table
   * row says that they answer so.
   *
   * @default "auto"
   */
  readonly thinkTags?: boolean | "auto";
}

/**
 * Makes any provider's events well-formed: one start, tool calls that begin before they go on and end before their
 * choice does, and one proper end a choice or an error, never a cut answer that looks complete.
 */
export const translateStream = (options: TranslateStreamOptions = {}): Stage => {
  checkKnown(options, "translateStream", ["thinkTags"]);
  const { thinkTags = "auto" } = options;
  if (typeof thinkTags !== "boolean" && thinkTags !== "auto") {
    throw new TypeError('`translateStream.thinkTags` must be true, false or "auto".');
  }
  return defineStage("translate-stream", (context, next) =>
    next().then((reply) => makeWellFormed(reply, context, thinkTags)),
  );
};

const makeWellFormed = (reply: Reply, context: Context, thinkTags: boolean | "auto"): Reply => {
  const provider = context.target?.provider ?? "The provider";
  const wellFormed = createWellFormed(provider);
  const tags = (thinkTags === "auto" ? usesThinkTags(context) : thinkTags) ? createTagReader() : undefined;
  const checked = mapEvents(reply, wellFormed.check, { flush: wellFormed.end });
  return tags === undefined ? checked : mapEvents(checked, tags);
};

const usesThinkTags = (context: Context): boolean =>
  context.target !== undefined && context.get(registryKey)?.get(context.target.provider)?.quirks.thinkTags === true;

/** Reads think tags in every choice's text. */
const createTagReader = (): ((event: ChatEvent) => ChatEvent | readonly ChatEvent[]) => {
  const choices = new Map<number, ThinkTags>();
  return (event) => {
    if (event.type === "opaque" || event.type === "usage" || event.type === "reply-start") return event;
    let tags = choices.get(event.choice);
    if (tags === undefined) {
      tags = createThinkTags(event.choice);
      choices.set(event.choice, tags);
    }
    if (event.type === "text-delta") return tags.push(event);
    const waiting = tags.flush();
    return waiting.length === 0 ? event : [...waiting, event];
  };
};

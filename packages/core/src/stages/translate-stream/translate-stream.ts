import type { ChatEvent } from "../../chat/event.ts";
import { mapEvents } from "../../chat/map-reply.ts";
import type { Reply } from "../../chat/reply.ts";
import type { Context } from "../../pipeline/context.ts";
import { defineStage, type Stage } from "../../pipeline/stage.ts";
import { registryKey } from "../../providers/registry.ts";
import { checkKnown } from "../../check-options.ts";
import { allowsAnswerTool } from "../../dialects/answer-tool.ts";
import { quirksFor } from "../../dialects/quirks.ts";
import { dryRunKey } from "../../pipeline/dry-run.ts";
import { checkAnswer, formatToCheck } from "./answer-check.ts";
import { createAnswerToolReader } from "./answer-tool-reader.ts";
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
 * choice does, and one proper end a choice or an error, never a cut answer that looks complete. Where the client asked
 * for an output format, the answer is held to it.
 *
 * @throws UpstreamError `upstream_invalid_response` for a whole answer that a strict schema does not allow.
 */
export const translateStream = (options: TranslateStreamOptions = {}): Stage => {
  checkKnown(options, "translateStream", ["thinkTags"]);
  const { thinkTags = "auto" } = options;
  if (typeof thinkTags !== "boolean" && thinkTags !== "auto") {
    throw new TypeError('`translateStream.thinkTags` must be true, false or "auto".');
  }
  return defineStage("translate-stream", (context, next) => {
    const format = formatToCheck(context.request);
    const answer = next().then((reply) => makeWellFormed(reply, context, thinkTags));
    return format === undefined || context.get(dryRunKey) === true
      ? answer
      : answer.then((reply) => checkAnswer(reply, format, context));
  });
};

const makeWellFormed = (reply: Reply, context: Context, thinkTags: boolean | "auto"): Reply => {
  const provider = context.target?.provider ?? "The provider";
  const wellFormed = createWellFormed(provider);
  const tags = (thinkTags === "auto" ? usesThinkTags(context) : thinkTags) ? createTagReader() : undefined;
  const checked = mapEvents(reply, wellFormed.check, { flush: wellFormed.end });
  const tagged = tags === undefined ? checked : mapEvents(checked, tags);
  return allowsAnswerTool(context.request) ? mapEvents(tagged, createAnswerToolReader()) : tagged;
};

const usesThinkTags = (context: Context): boolean => {
  const { target, request } = context;
  if (target === undefined) return false;
  const provider = context.get(registryKey)?.get(target.provider);
  return provider !== undefined && quirksFor(provider.quirks, target.model, request.reasoning).thinkTags === true;
};

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

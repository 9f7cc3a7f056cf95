import type { ChatEvent } from "../../chat/event.ts";
import { mapEvents } from "../../chat/map-reply.ts";
import type { Reply } from "../../chat/reply.ts";
import type { ChatRequest } from "../../chat/request.ts";
import type { Context } from "../../pipeline/context.ts";
import { defineStage, type Next, type Stage } from "../../pipeline/stage.ts";
import { dialectOf } from "../../providers/dialect-of.ts";
import { registryKey } from "../../providers/registry.ts";
import { factsOf } from "../../providers/target-facts.ts";
import { checkCount, checkKnown } from "../../check-options.ts";
import { allowsAnswerTool } from "../../dialects/answer-tool.ts";
import { clientNames } from "../../dialects/tool-names.ts";
import { dryRunKey } from "../../pipeline/dry-run.ts";
import { checkAnswer, formatToCheck } from "./answer-check.ts";
import { createAnswerToolReader } from "./answer-tool-reader.ts";
import { createReasoningMemory, type Issuer, type ReasoningMemory } from "./reasoning-memory.ts";
import { createRepeatGuard } from "./repeats.ts";
import { resolveSignatureOptions, type SignatureOptions } from "./signature-options.ts";
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
  /**
   * Keeps the reasoning that belongs to tool calls, with the signatures that providers want back, for clients whose
   * libraries drop it: the next turn of the same caller gets it by the ids of its calls, if it goes to the same
   * provider. Of what clients do not drop, it knows who signed it, and gives it to nobody else. `false` keeps nothing.
   */
  readonly signatures?: SignatureOptions | false;
  /**
   * How often a model may send one and the same piece of text in a row before its answer counts as broken: some fall
   * into a loop that only their limit ends.
   *
   * @default any number of times
   */
  readonly maxRepeats?: number;
}

/**
 * Makes any provider's events well-formed: one start, tool calls that begin before they go on and end before their
 * choice does, and one proper end a choice or an error, never a cut answer that looks complete. Where the client asked
 * for an output format, the answer is held to it.
 *
 * @throws UpstreamError `upstream_invalid_response` for a whole answer that a strict schema does not allow.
 */
export const translateStream = (options: TranslateStreamOptions = {}): Stage => {
  checkKnown(options, "translateStream", ["thinkTags", "signatures", "maxRepeats"]);
  const { thinkTags = "auto", maxRepeats } = options;
  if (maxRepeats !== undefined) checkCount(maxRepeats, "translateStream.maxRepeats");
  if (typeof thinkTags !== "boolean" && thinkTags !== "auto") {
    throw new TypeError('`translateStream.thinkTags` must be true, false or "auto".');
  }
  const signatures = resolveSignatureOptions(options.signatures);
  const memory = signatures && createReasoningMemory(signatures);
  return defineStage("translate-stream", (context, next) => {
    const format = formatToCheck(context.request);
    const answer = ask(context, next, { thinkTags, maxRepeats, memory });
    return format === undefined || context.get(dryRunKey) === true
      ? answer
      : answer.then((reply) => checkAnswer(reply, format, context));
  });
};

interface Settings {
  readonly thinkTags: boolean | "auto";
  readonly maxRepeats: number | undefined;
  readonly memory: ReasoningMemory | undefined;
}

/** Asks with what the client lost, and makes well-formed what comes. */
const ask = (context: Context, next: Next, settings: Settings): Promise<Reply> => {
  const { memory } = settings;
  const issuer = memory === undefined ? undefined : issuerOf(context);
  if (memory === undefined || issuer === undefined) {
    return next().then((reply) => makeWellFormed(reply, context, settings));
  }
  const answered = (reply: Reply): Reply => makeWellFormed(reply, context, settings, memory.watch(context, issuer));
  const asked = (request: ChatRequest): Promise<Reply> => (request === context.request ? next() : next({ request }));
  const recalled = memory.recall(context, issuer);
  return (recalled instanceof Promise ? recalled.then(asked) : asked(recalled)).then(answered);
};

/** Who is asked, where he wants reasoning back that clients of this dialect may lose, or take to somebody else. */
const issuerOf = (context: Context): Issuer | undefined => {
  const { target, request } = context;
  if (target === undefined || request.operation === "embeddings") return undefined;
  const provider = context.get(registryKey)?.get(target.provider);
  if (provider === undefined) return undefined;
  const { id, wantsReasoning, keepsReasoning, sharesProofs } = dialectOf(provider, target.model, request);
  if (wantsReasoning === undefined) return undefined;
  const loses = keepsReasoning !== true || request.dialect !== id;
  const binds = sharesProofs !== true;
  if ((!loses && !binds) || !wantsReasoning(factsOf(context, { provider, target }).quirks)) return undefined;
  return { provider: provider.id, loses, binds };
};

const makeWellFormed = (
  reply: Reply,
  context: Context,
  { thinkTags, maxRepeats }: Settings,
  watch?: (event: ChatEvent) => void,
): Reply => {
  const provider = context.target?.provider ?? "The provider";
  const { check, end } = createWellFormed(provider);
  const tags = (thinkTags === "auto" ? usesThinkTags(context) : thinkTags) ? createTagReader() : undefined;
  const see: typeof check = watch === undefined ? check : (event) => (watch(event), check(event));
  const checked = mapEvents(reply, see, { flush: end });
  const guarded = maxRepeats === undefined ? checked : mapEvents(checked, createRepeatGuard(provider, maxRepeats));
  const tagged = tags === undefined ? guarded : mapEvents(guarded, tags);
  const answered = allowsAnswerTool(context.request) ? mapEvents(tagged, createAnswerToolReader()) : tagged;
  const names = clientNames(context.request);
  return names === undefined ? answered : mapEvents(answered, withClientNames(names));
};

const usesThinkTags = (context: Context): boolean => {
  const { target } = context;
  if (target === undefined) return false;
  const provider = context.get(registryKey)?.get(target.provider);
  return provider !== undefined && factsOf(context, { provider, target }).quirks.thinkTags === true;
};

/** Calls tools by the names the client gave them. */
const withClientNames =
  (names: ReadonlyMap<string, string>) =>
  (event: ChatEvent): ChatEvent => {
    const name = event.type === "tool-call-start" ? names.get(event.name) : undefined;
    return name === undefined || event.type !== "tool-call-start" ? event : { ...event, name };
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

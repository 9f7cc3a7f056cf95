import type { ChatEvent, FinishReason } from "../../chat/event.ts";
import { UpstreamError } from "../../errors.ts";
import type { DecodeOptions, Json } from "../dialect.ts";
import { arrayIn, isObject, objectIn, present, restOf, stringIn } from "../fields.ts";
import { madeCallId } from "../made-call-id.ts";
import { toCitations } from "./citations.ts";
import { nativeFinishReason, toFinishReason } from "./finish-reason.ts";
import { announceEnd } from "./identity.ts";
import { toLogprobs } from "./logprobs.ts";
import { createPartReader, type PartReader } from "./part-reader.ts";
import { toUsage } from "./usage.ts";

const answerFields: ReadonlySet<string> = new Set([
  "candidates",
  "usageMetadata",
  "modelVersion",
  "responseId",
  "createTime",
]);
const candidateFields: ReadonlySet<string> = new Set(["content", "index", "finishReason"]);

/** More choices than any request asks for. */
const maxChoices = 128;

/** A whole answer has the form of a stream's chunk, so that one reader serves both. */
export interface AnswerReader {
  readonly read: (answer: Json) => ChatEvent[];
  /**
   * What had to wait for the last chunk: content may follow a finish reason, and grounding the text it cites.
   *
   * @throws UpstreamError where the answer is not complete.
   */
  readonly end: () => ChatEvent[];
}

interface OpenChoice {
  readonly parts: PartReader;
  native?: string;
  extras?: Json;
}

/** Reads one answer into events: all of it at once, or chunk by chunk. */
export const createAnswerReader = ({ provider, requestId }: DecodeOptions, form: "body" | "stream"): AnswerReader => {
  const choices = new Map<number, OpenChoice>();
  let started = false;
  let blockReason: string | undefined;
  let calls = 0;
  const nextCallId = (): string => madeCallId(requestId, calls++);

  const invalid = (what: string): UpstreamError =>
    new UpstreamError(
      form === "body" ? "upstream_invalid_response" : "upstream_stream_invalid",
      `${provider} sent ${what}.`,
      { provider },
    );
  const incomplete = (): UpstreamError =>
    form === "body"
      ? invalid("an answer without content or finish reason")
      : new UpstreamError("upstream_stream_truncated", `${provider} ended the stream before its answer was complete.`, {
          provider,
        });

  const choiceAt = (index: number): OpenChoice => {
    let choice = choices.get(index);
    if (choice === undefined) {
      choice = { parts: createPartReader(index, nextCallId) };
      choices.set(index, choice);
    }
    return choice;
  };

  const readCandidate = (candidate: Json, events: ChatEvent[]): void => {
    const index = candidate["index"] ?? 0;
    if (typeof index !== "number" || !Number.isInteger(index) || index < 0 || index >= maxChoices) {
      throw invalid("a candidate without a sensible index");
    }
    const choice = choiceAt(index);
    choice.parts.read(arrayIn(objectIn(candidate, "content") ?? {}, "parts"), events);
    const rest = restOf(candidate, candidateFields);
    if (rest !== undefined) {
      const logprobs = objectIn(rest, "logprobsResult");
      if (logprobs !== undefined) choice.parts.addLogprobs(toLogprobs(logprobs), events);
      // Of what comes with every chunk or again, the last holds.
      choice.extras = { ...choice.extras, ...rest };
    }
    const native = nativeFinishReason(candidate["finishReason"]);
    if (native === undefined) return;
    choice.native = native;
    // The end itself comes last; in a stream this says which frame announced it.
    if (form === "stream") events.push(announceEnd(index, native));
  };

  const reasonOf = ({ parts, native }: OpenChoice): { finishReason: FinishReason; nativeFinishReason?: string } => {
    const brought = parts.brought();
    if (native !== undefined) return { finishReason: toFinishReason(native, brought), nativeFinishReason: native };
    if (blockReason !== undefined) return { finishReason: "content_filter", nativeFinishReason: blockReason };
    // A body that came whole with content is complete, whether or not it says why it ended.
    if (form === "body" && (brought.text || brought.calls)) return { finishReason: toFinishReason("STOP", brought) };
    throw incomplete();
  };

  const endOf = ([index, choice]: [number, OpenChoice]): ChatEvent[] => {
    const reason = reasonOf(choice);
    const { parts, extras = {} } = choice;
    const citations = toCitations(
      objectIn(extras, "groundingMetadata"),
      objectIn(extras, "citationMetadata"),
      parts.text(),
    );
    return [
      ...citations.map((citation): ChatEvent => ({ type: "citation", choice: index, citation })),
      { type: "reply-end", choice: index, ...reason, ...(choice.extras === undefined ? {} : { extras }) },
    ];
  };

  return {
    read: (answer) => {
      const events: ChatEvent[] = [];
      if (!started) {
        started = true;
        events.push(startOf(answer));
      }
      for (const candidate of arrayIn(answer, "candidates")) if (isObject(candidate)) readCandidate(candidate, events);
      blockReason ??= stringIn(objectIn(answer, "promptFeedback") ?? {}, "blockReason");
      const usage = toUsage(objectIn(answer, "usageMetadata") ?? {});
      if (usage !== undefined) events.push({ type: "usage", usage });
      return events;
    },
    end: () => {
      // A blocked prompt has no candidates at all: it is one empty choice.
      if (choices.size === 0) choiceAt(0);
      return [...choices].flatMap(endOf);
    },
  };
};

const startOf = (answer: Json): ChatEvent => {
  const created = Date.parse(stringIn(answer, "createTime") ?? "");
  const tier = stringIn(objectIn(answer, "usageMetadata") ?? {}, "serviceTier");
  return {
    type: "reply-start",
    ...present({
      id: stringIn(answer, "responseId"),
      model: stringIn(answer, "modelVersion"),
      created: Number.isNaN(created) ? undefined : Math.floor(created / 1000),
      serviceTier: tier === "standard" ? "default" : tier,
      extras: restOf(answer, answerFields),
    }),
  };
};

import { opaqueWhole, type ChatEvent } from "../../chat/event.ts";
import { UpstreamError } from "../../errors.ts";
import type { StreamFrame } from "../../transport/frame.ts";
import type { DecodeOptions, FrameDecoder, Json } from "../dialect.ts";
import { arrayIn, isObject, objectIn, stringIn } from "../fields.ts";
import { isOwnContent, readContent } from "./answer-content.ts";
import { readAnnotations, readSources } from "./citations.ts";
import { endEvent, readLogprobs, readStart } from "./decode-reply.ts";
import { expectsFunctionCall } from "./deprecated-functions.ts";
import { throwError, throwIfError } from "../openai-errors.ts";
import { isOwnFinishReason } from "./finish-reason.ts";
import { readImages } from "./images.ts";
import { dialectId } from "./identity.ts";
import { readReasoningDelta } from "./reasoning-delta.ts";
import { RepeatedFrames } from "../repeated-frames.ts";
import { textLesson } from "./text-lesson.ts";
import { createToolCallPieces, type ToolCallPieces } from "./tool-call-pieces.ts";
import { findUsage } from "./usage.ts";

interface ChoiceState {
  readonly index: number;
  readonly calls: ToolCallPieces;
  /** `unsaid`: an empty reason came, which may mean anything and is settled at the end. */
  finish: "open" | "unsaid" | "told";
}

// Far beyond what anybody asks for: a server that counts higher is broken.
const maxChoices = 128;

/** Reads one streamed answer, as tolerantly as its meaning allows. */
export const createDecoder = (options: DecodeOptions): FrameDecoder => {
  const { provider, quirks } = options;
  const choices = new Map<number, ChoiceState>();
  const repeated = new RepeatedFrames();
  const sources = new Set<string>();
  const isLegacy = expectsFunctionCall(options.request);
  let started = false;
  let done = false;
  let broken = false;

  const invalid = (what: string, cause?: unknown): UpstreamError =>
    new UpstreamError("upstream_stream_invalid", `${provider} sent ${what}.`, { provider, cause });

  const parse = (data: string): Json => {
    let value: unknown;
    try {
      value = JSON.parse(data);
    } catch (cause) {
      throw invalid("an event that is no JSON", cause);
    }
    if (isObject(value)) return value;
    if (Array.isArray(value) && isObject(value[0]) && "error" in value[0]) throwError(value, provider);
    throw invalid("an event that is no JSON object");
  };

  const choiceAt = (value: unknown, delta: Json): ChoiceState => {
    const index = Number.isSafeInteger(value) ? Number(value) : 0;
    let choice = choices.get(index);
    if (choice === undefined) {
      if (index < 0 || index >= maxChoices) throw invalid(`a choice with the number ${index}`);
      const { requestId } = options;
      const calls = createToolCallPieces({ provider, requestId, choice: index, expectsFunctionCall: isLegacy });
      choice = { index, calls, finish: "open" };
      choices.set(index, choice);
      // Clients are told who speaks before anything that is said.
      broken ||= !stringIn(delta, "role");
    }
    return choice;
  };

  const readDelta = (delta: Json, value: Json, { index: choice, calls }: ChoiceState, events: ChatEvent[]): void => {
    events.push(...readReasoningDelta(delta, choice));
    let logprobs = readLogprobs(value);
    broken ||= !isOwnContent(delta["content"]);
    for (const { type, text } of readContent(delta["content"])) {
      if (type === "reasoning") events.push({ type: "reasoning-delta", choice, text });
      else {
        events.push(
          logprobs === undefined
            ? { type: "text-delta", choice, text }
            : { type: "text-delta", choice, text, logprobs },
        );
        logprobs = undefined;
      }
    }
    if (logprobs !== undefined) events.push({ type: "text-delta", choice, text: "", logprobs });
    const refusal = stringIn(delta, "refusal");
    if (refusal !== undefined && refusal !== "") events.push({ type: "refusal-delta", choice, text: refusal });
    if (isObject(delta["function_call"]) || Array.isArray(delta["tool_calls"])) {
      events.push(...calls.read(delta));
      broken ||= calls.isOdd();
    }
    for (const image of readImages(delta)) events.push(opaqueWhole("images", choice, image));
    for (const citation of readAnnotations(delta)) events.push({ type: "citation", choice, citation });
  };

  const finish = (choice: ChoiceState, value: Json, word: string): readonly ChatEvent[] => {
    choice.finish = "told";
    const { index, calls } = choice;
    if (!isOwnFinishReason(word)) broken = true;
    return [...calls.end(), endEvent(value, index, word, calls.count() > 0)];
  };

  const readChoice = (value: Json, events: ChatEvent[]): void => {
    const delta = objectIn(value, "delta") ?? {};
    const choice = choiceAt(value["index"], delta);
    readDelta(delta, value, choice, events);
    const word = stringIn(value, "finish_reason");
    if (word === undefined || choice.finish === "told") return;
    if (word === "") choice.finish = "unsaid";
    else events.push(...finish(choice, value, word));
  };

  const readChunk = (chunk: Json): readonly ChatEvent[] => {
    throwIfError(chunk, provider);
    const events: ChatEvent[] = [];
    const list = arrayIn(chunk, "choices").filter(isObject);
    // A chunk without both (a report of a prompt filter) comes before the answer.
    if (!started && (list.length > 0 || stringIn(chunk, "id"))) {
      started = true;
      events.push(readStart(chunk));
    }
    for (const citation of readSources(chunk)) {
      // They come again with every chunk.
      if (citation.url === undefined || sources.has(citation.url)) continue;
      sources.add(citation.url);
      events.push({ type: "citation", choice: 0, citation });
    }
    for (const value of list) readChoice(value, events);
    const usage = findUsage(chunk);
    if (usage !== undefined) events.push({ type: "usage", usage });
    return events.length > 0 ? events : [opaque("chunk", chunk)];
  };

  /** Choices that began and were never given a reason, when the server says that all is said. */
  const finishOpen = (): readonly ChatEvent[] =>
    [...choices.values()].filter(({ finish: state }) => state !== "told").flatMap((choice) => finish(choice, {}, ""));

  const decode = (frame: StreamFrame): readonly ChatEvent[] => {
    const { data, event } = frame;
    broken = false;
    const text = data?.trim();
    if (data === undefined || text === "") return [opaque("comment")];
    if (done) {
      broken = true;
      return [opaque("after-done")];
    }
    if (text === "[DONE]") {
      done = true;
      return [...finishOpen(), opaque("done")];
    }
    if (event === "error") throwError(parseOrText(data), provider);
    const chunk = parse(data);
    const events = readChunk(chunk);
    const lesson = broken ? undefined : textLesson(frame, chunk, events);
    if (lesson !== undefined) repeated.learn(lesson);
    return events;
  };

  const end = (): readonly ChatEvent[] => {
    if (done) return [];
    const states = [...choices.values()];
    if (
      quirks.doneMarker === "optional" &&
      states.length > 0 &&
      states.every(({ finish: state }) => state !== "open")
    ) {
      done = true;
      return finishOpen();
    }
    throw new UpstreamError("upstream_stream_truncated", `${provider} broke off in the middle of its answer.`, {
      provider,
    });
  };

  return {
    decode,
    readRun: (run) => repeated.read(run),
    end,
    ended: () => done,
    broken: () => broken,
  };
};

const opaque = (name: string, value?: unknown): ChatEvent =>
  value === undefined
    ? { type: "opaque", dialect: dialectId, name }
    : { type: "opaque", dialect: dialectId, name, value };

const parseOrText = (data: string): unknown => {
  try {
    return JSON.parse(data);
  } catch {
    return data;
  }
};

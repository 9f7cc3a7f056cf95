import { opaqueWhole, type ChatEvent } from "../../chat/event.ts";
import { UpstreamError } from "../../errors.ts";
import type { FrameRun } from "../../chat/frame.ts";
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
import { formsOf } from "../frame-forms.ts";
import { RepeatedFrames } from "../repeated-frames.ts";
import { textLesson } from "./text-lesson.ts";
import { ToolCallPieces } from "./tool-call-pieces.ts";
import { findUsage } from "./usage.ts";

interface ChoiceState {
  readonly index: number;
  /** Its tool calls, once there are any. */
  calls: ToolCallPieces | undefined;
  /** `unsaid`: an empty reason came, which may mean anything and is settled at the end. */
  finish: "open" | "unsaid" | "told";
}

// Far beyond what anybody asks for: a server that counts higher is broken.
const maxChoices = 128;

/** Reads one streamed answer, as tolerantly as its meaning allows. */
export const createDecoder = (options: DecodeOptions): FrameDecoder => new ChunkDecoder(options);

/** A class because there is one for each streamed answer: its closures would be made each time. */
class ChunkDecoder implements FrameDecoder {
  readonly #options: DecodeOptions;
  readonly #repeated: RepeatedFrames;
  /** In the order in which they began. */
  readonly #choices: ChoiceState[] = [];
  /** Addresses of the sources that were told. */
  #sources: Set<string> | undefined;
  #hasStarted = false;
  #isDone = false;
  #isBroken = false;

  constructor(options: DecodeOptions) {
    this.#options = options;
    this.#repeated = new RepeatedFrames(formsOf(options.quirks));
  }

  decode(frame: StreamFrame): readonly ChatEvent[] {
    const { data, event } = frame;
    this.#isBroken = false;
    const text = data?.trim();
    if (data === undefined || text === "") return [opaque("comment")];
    if (this.#isDone) {
      this.#isBroken = true;
      return [opaque("after-done")];
    }
    if (text === "[DONE]") {
      this.#isDone = true;
      const ends = this.#finishOpen();
      ends.push(opaque("done"));
      return ends;
    }
    if (event === "error") throwError(parseOrText(data), this.#options.provider);
    const chunk = this.#parse(data);
    const events = this.#readChunk(chunk);
    const lesson = this.#isBroken ? undefined : textLesson(frame, chunk, events);
    if (lesson !== undefined) this.#repeated.learn(lesson);
    return events;
  }

  readRun(run: FrameRun): number {
    return this.#repeated.read(run, this.#choices[0]?.index === 0);
  }

  end(): readonly ChatEvent[] {
    if (this.#isDone) return [];
    const { provider, quirks } = this.#options;
    const isFinished = this.#choices.length > 0 && this.#choices.every(({ finish }) => finish !== "open");
    if (quirks.doneMarker === "optional" && isFinished) {
      this.#isDone = true;
      return this.#finishOpen();
    }
    throw new UpstreamError("upstream_stream_truncated", `${provider} broke off in the middle of its answer.`, {
      provider,
    });
  }

  ended(): boolean {
    return this.#isDone;
  }

  broken(): boolean {
    return this.#isBroken;
  }

  #parse(data: string): Json {
    let value: unknown;
    try {
      value = JSON.parse(data);
    } catch (cause) {
      throw this.#invalid("an event that is no JSON", cause);
    }
    if (isObject(value)) return value;
    if (Array.isArray(value) && isObject(value[0]) && "error" in value[0]) throwError(value, this.#options.provider);
    throw this.#invalid("an event that is no JSON object");
  }

  #readChunk(chunk: Json): readonly ChatEvent[] {
    throwIfError(chunk, this.#options.provider);
    const events: ChatEvent[] = [];
    const choices = arrayIn(chunk, "choices");
    // A chunk without both (a report of a prompt filter) comes before the answer.
    if (!this.#hasStarted && (choices.some(isObject) || stringIn(chunk, "id"))) {
      this.#hasStarted = true;
      events.push(readStart(chunk));
    }
    for (const citation of readSources(chunk)) {
      // They come again with every chunk.
      if (citation.url === undefined || this.#sources?.has(citation.url) === true) continue;
      (this.#sources ??= new Set()).add(citation.url);
      events.push({ type: "citation", choice: 0, citation });
    }
    for (const value of choices) if (isObject(value)) this.#readChoice(value, events);
    const usage = findUsage(chunk);
    if (usage !== undefined) events.push({ type: "usage", usage });
    return events.length > 0 ? events : [opaque("chunk", chunk)];
  }

  #readChoice(value: Json, events: ChatEvent[]): void {
    const delta = objectIn(value, "delta") ?? {};
    const choice = this.#choiceAt(value["index"], delta);
    this.#readDelta(delta, value, choice, events);
    const word = stringIn(value, "finish_reason");
    if (word === undefined || choice.finish === "told") return;
    if (word === "") choice.finish = "unsaid";
    else this.#finish(choice, value, word, events);
  }

  #choiceAt(value: unknown, delta: Json): ChoiceState {
    const index = Number.isSafeInteger(value) ? Number(value) : 0;
    for (const choice of this.#choices) if (choice.index === index) return choice;
    if (index < 0 || index >= maxChoices) throw this.#invalid(`a choice with the number ${index}`);
    const choice: ChoiceState = { index, calls: undefined, finish: "open" };
    this.#choices.push(choice);
    // Clients are told who speaks before anything that is said.
    this.#isBroken ||= !stringIn(delta, "role");
    return choice;
  }

  #readDelta(delta: Json, value: Json, state: ChoiceState, events: ChatEvent[]): void {
    const { index: choice } = state;
    readReasoningDelta(delta, choice, events);
    let logprobs = readLogprobs(value);
    this.#isBroken ||= !isOwnContent(delta["content"]);
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
      const calls = (state.calls ??= this.#createCalls(choice));
      calls.read(delta, events);
      this.#isBroken ||= calls.isOdd;
    }
    for (const image of readImages(delta)) events.push(opaqueWhole("images", choice, image));
    for (const citation of readAnnotations(delta)) events.push({ type: "citation", choice, citation });
  }

  #createCalls(choice: number): ToolCallPieces {
    const { provider, requestId, request } = this.#options;
    return new ToolCallPieces({
      provider,
      requestId,
      choice,
      expectsFunctionCall: expectsFunctionCall(request),
    });
  }

  #finish(choice: ChoiceState, value: Json, word: string, events: ChatEvent[]): void {
    choice.finish = "told";
    const { index, calls } = choice;
    if (!isOwnFinishReason(word)) this.#isBroken = true;
    calls?.end(events);
    events.push(endEvent(value, index, word, calls !== undefined && calls.count > 0));
  }

  /** Choices that began and were never given a reason, when the server says that all is said. */
  #finishOpen(): ChatEvent[] {
    const events: ChatEvent[] = [];
    for (const choice of this.#choices) if (choice.finish !== "told") this.#finish(choice, {}, "", events);
    return events;
  }

  #invalid(what: string, cause?: unknown): UpstreamError {
    const { provider } = this.#options;
    return new UpstreamError("upstream_stream_invalid", `${provider} sent ${what}.`, { provider, cause });
  }
}

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

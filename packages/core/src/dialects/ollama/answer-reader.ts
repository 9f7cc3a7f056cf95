import type { ChatEvent } from "../../chat/event.ts";
import type { DecodeOptions, Json } from "../dialect.ts";
import { arrayIn, isObject, present, restOf, stringIn } from "../fields.ts";
import type { Invalid } from "../invalid-answer.ts";
import { toFinishReason } from "./finish-reason.ts";
import { madeCallId } from "../made-call-id.ts";
import { dialectId } from "./identity.ts";
import { toLogprobs } from "./logprobs.ts";
import { toUsage } from "./usage.ts";

const lineFields: ReadonlySet<string> = new Set([
  "model",
  "created_at",
  "message",
  "logprobs",
  "done",
  "done_reason",
  "prompt_eval_count",
  "eval_count",
]);
const messageFields: ReadonlySet<string> = new Set(["role", "content", "thinking", "tool_calls"]);

/** A whole answer has the form of a stream's last line, so that one reader serves both. */
export interface AnswerReader {
  readonly read: (line: Json) => ChatEvent[];
  /** The line that says so was read. */
  readonly done: () => boolean;
}

/** Reads one answer into events: all of it at once, or line by line. */
export const createAnswerReader = ({ request, requestId }: DecodeOptions, invalid: Invalid): AnswerReader => {
  let started = false;
  let done = false;
  let hasText = false;
  let calls = 0;

  const text = (message: Json, name: string): string => {
    const value = message[name] ?? "";
    if (typeof value !== "string") throw invalid(`\`${name}\` that is no text`);
    return value;
  };

  const readCall = (call: unknown, events: ChatEvent[]): void => {
    const called = isObject(call) ? call["function"] : undefined;
    const name = isObject(called) ? stringIn(called, "name") : undefined;
    if (!isObject(call) || !isObject(called) || name === undefined || name === "") {
      throw invalid("a tool call without a name");
    }
    // The server's own index may leave numbers out.
    const index = calls++;
    const id = stringIn(call, "id") || madeCallId(requestId, index);
    events.push(
      { type: "tool-call-start", choice: 0, index, id, name, kind: "function" },
      { type: "tool-call-delta", choice: 0, index, arguments: argumentsOf(called, invalid) },
      { type: "tool-call-end", choice: 0, index },
    );
  };

  const readMessage = (message: Json, logprobs: readonly unknown[], events: ChatEvent[]): void => {
    const thinking = text(message, "thinking");
    const content = text(message, "content");
    if (thinking !== "") events.push({ type: "reasoning-delta", choice: 0, text: thinking });
    // In a stream, the probabilities of a thought come with the thought, and are of no use to anybody.
    const told = thinking === "" || content !== "" ? logprobs : [];
    if (content !== "" || told.length > 0) {
      events.push({ type: "text-delta", choice: 0, text: content, ...(told.length === 0 ? {} : { logprobs: told }) });
    }
    if (content !== "") hasText = true;
    const list = message["tool_calls"] ?? [];
    if (!Array.isArray(list)) throw invalid("`tool_calls` that is no list");
    for (const call of list) readCall(call, events);
    const rest = restOf(message, messageFields);
    if (rest !== undefined) events.push({ type: "opaque", dialect: dialectId, name: "message", value: rest });
  };

  const readEnd = (line: Json, events: ChatEvent[]): void => {
    done = true;
    const usage = toUsage(line, request);
    if (usage !== undefined) events.push({ type: "usage", usage });
    const native = stringIn(line, "done_reason") || undefined;
    events.push({
      type: "reply-end",
      choice: 0,
      finishReason: toFinishReason(native, { text: hasText, calls: calls > 0 }),
      ...present({ nativeFinishReason: native, extras: restOf(line, lineFields) }),
    });
  };

  return {
    read: (line) => {
      const events: ChatEvent[] = [];
      if (!started) events.push(startOf(line));
      started = true;
      const { message } = line;
      const isLast = line["done"] === true;
      if (isObject(message)) readMessage(message, toLogprobs(arrayIn(line, "logprobs")), events);
      // Some servers say nothing in the last line but that it is the last.
      else if (!isLast || (message !== undefined && message !== null)) throw invalid("something that is no message");
      if (isLast) readEnd(line, events);
      return events;
    },
    done: () => done,
  };
};

const startOf = (line: Json): ChatEvent => {
  const created = Date.parse(stringIn(line, "created_at") ?? "");
  return {
    type: "reply-start",
    ...present({
      model: stringIn(line, "model"),
      created: Number.isNaN(created) ? undefined : Math.floor(created / 1000),
    }),
  };
};

const argumentsOf = (called: Json, invalid: Invalid): string => {
  const value = called["arguments"] ?? {};
  if (isObject(value)) return JSON.stringify(value);
  if (typeof value === "string") return value === "" ? "{}" : value;
  throw invalid("a tool call whose arguments are no object");
};

import { describe, expect, it } from "vitest";
import type { ChatEvent } from "../../chat/event.ts";
import type { ChatRequest } from "../../chat/request.ts";
import { UpstreamError } from "../../errors.ts";
import type { DecodeOptions, Json } from "../dialect.ts";
import { openaiResponses } from "./openai-responses.ts";

const request: ChatRequest = { dialect: "openai-chat", model: "m", stream: true, messages: [] };
const options: DecodeOptions = { provider: "acme", model: "m", quirks: {}, request, requestId: "r1" };

const decode = (...events: readonly (Json | string)[]): readonly ChatEvent[] => {
  const decoder = openaiResponses.createDecoder(options);
  const read = events.flatMap((event) => {
    const data = typeof event === "string" ? event : JSON.stringify(event);
    return decoder.decode({ data, raw: `data: ${data}\n\n` });
  });
  return [...read, ...decoder.end()];
};
const meant = (...events: readonly (Json | string)[]): readonly ChatEvent[] =>
  decode(...events).filter(({ type }) => type !== "opaque");

const created: Json = { type: "response.created", response: { id: "resp_1", model: "m", created_at: 5 } };
const completed = (more: Json = {}): Json => ({
  type: "response.completed",
  response: { id: "resp_1", status: "completed", output: [], ...more },
});
const added = (item: Json, output_index = 0): Json => ({ type: "response.output_item.added", output_index, item });
const done = (item: Json, output_index = 0): Json => ({ type: "response.output_item.done", output_index, item });
const call = (args: string, more: Json = {}): Json => ({
  type: "function_call",
  id: "fc_1",
  call_id: "c1",
  name: "f",
  arguments: args,
  ...more,
});
const start = { type: "tool-call-start", choice: 0, index: 0, id: "c1", name: "f", kind: "function" };
const callDelta = (args: string, index = 0): Json => ({ type: "tool-call-delta", choice: 0, index, arguments: args });

const codeOf = (read: () => unknown): unknown => {
  try {
    read();
  } catch (error) {
    return error instanceof UpstreamError ? error.code : error;
  }
  return "success";
};

describe("createDecoder", () => {
  it("T25 knows a call by its call_id, not by the id of its item", () => {
    const events = meant(created, added(call("")), done(call('{"a":1}')), completed());
    expect(events.slice(1)).toEqual([
      start,
      callDelta('{"a":1}'),
      { type: "tool-call-end", choice: 0, index: 0 },
      { type: "reply-end", choice: 0, finishReason: "tool_calls", nativeFinishReason: "completed" },
    ]);
  });

  it("tells arguments once, whether they come in pieces, whole, or both", () => {
    const piece = (delta: string): Json => ({ type: "response.function_call_arguments.delta", output_index: 0, delta });
    const whole = { type: "response.function_call_arguments.done", output_index: 0, arguments: "{}" };
    for (const middle of [[], [piece("{"), piece("}")], [whole], [piece("{"), whole]]) {
      const events = meant(created, added(call("")), ...middle, done(call("{}")), completed());
      const text = events.flatMap((event) => (event.type === "tool-call-delta" ? event.arguments : [])).join("");
      expect(text).toBe("{}");
    }
  });

  it("believes the pieces where the whole says something else", () => {
    const delta = { type: "response.output_text.delta", output_index: 0, content_index: 0, delta: "Yes." };
    const text = (whole: string): Json => ({ type: "output_text", text: whole });
    const told = (whole: string): string =>
      meant(
        created,
        added({ type: "message", content: [] }),
        delta,
        done({ type: "message", content: [text(whole)] }),
        completed(),
      )
        .flatMap((event) => (event.type === "text-delta" ? event.text : []))
        .join("");
    expect(told("Yes. And no.")).toBe("Yes. And no.");
    expect(told("Yes, of course.")).toBe("Yes.");
    const piece: Json = { type: "response.function_call_arguments.delta", output_index: 0, delta: '{"a":1' };
    const events = meant(created, added(call("")), piece, done(call('{"b":12}')), completed());
    expect(events.flatMap((event) => (event.type === "tool-call-delta" ? event.arguments : []))).toEqual(['{"a":1']);
  });

  it("has events written anew that only some servers have", () => {
    const decoder = openaiResponses.createDecoder(options);
    const isBroken = (event: Json): unknown => {
      decoder.decode({ data: JSON.stringify(event), raw: "" });
      return decoder.broken?.();
    };
    const part = { type: "reasoning_text", text: "Hm" };
    const at = { output_index: 0, content_index: 0 };
    expect(isBroken(added({ type: "reasoning", id: "rs_1", summary: [] }))).toBe(false);
    expect(isBroken({ type: "response.reasoning_part.added", ...at, part: { ...part, text: "" } })).toBe(true);
    expect(isBroken({ type: "response.reasoning_text.delta", ...at, delta: "Hm" })).toBe(false);
    expect(isBroken({ type: "response.reasoning_part.done", ...at, part })).toBe(true);
  });

  it("keeps items apart that come side by side", () => {
    const second = call("", { id: "fc_2", call_id: "c2", name: "g" });
    const piece = (output_index: number, delta: string): Json => ({
      type: "response.function_call_arguments.delta",
      output_index,
      delta,
    });
    const events = meant(
      created,
      added(call("")),
      added(second, 1),
      piece(1, "b"),
      piece(0, "a"),
      done({ ...second, arguments: "b" }, 1),
      done(call("a")),
      completed(),
    );
    expect(events.filter(({ type }) => type === "tool-call-delta")).toEqual([callDelta("b", 1), callDelta("a")]);
  });

  it("finds an item by its id where it has no number", () => {
    const delta = { type: "response.output_text.delta", item_id: "msg_1", content_index: 0, delta: "Hi" };
    const events = meant(created, added({ type: "message", id: "msg_1", content: [] }), delta, completed());
    expect(events[1]).toMatchObject({ type: "text-delta", text: "Hi" });
  });

  it("counts a text's citations from where its part begins", () => {
    const annotation = (start_index: number): Json => ({
      type: "url_citation",
      url: "u",
      title: "t",
      start_index,
      end_index: start_index + 1,
    });
    const part = (text: string): Json => ({ type: "output_text", text, annotations: [annotation(1)] });
    const events = meant(created, done({ type: "message", content: [part("abc"), part("def")] }), completed());
    expect(events.flatMap((event) => (event.type === "citation" ? event.citation.start : []))).toEqual([1, 4]);
  });

  it("reads an answer whose items come with its end only", () => {
    const message = { type: "message", content: [{ type: "output_text", text: "Hi" }] };
    expect(meant(completed({ output: [message] })).map(({ type }) => type)).toEqual([
      "reply-start",
      "text-delta",
      "reply-end",
    ]);
  });

  it("ignores events it does not know, and whatever follows the end", () => {
    const events = meant(created, { type: "keepalive" }, { type: "response.new.thing", x: 1 }, completed(), "[DONE]");
    expect(events.map(({ type }) => type)).toEqual(["reply-start", "reply-end"]);
  });

  it.each([
    ["max_output_tokens", "length"],
    ["content_filter", "content_filter"],
    ["max_messages", "stop"],
    ["steered", "stop"],
    ["something_new", "length"],
  ])("Q94 reads an answer that is incomplete for %s as %s", (reason, finishReason) => {
    const response = { status: "incomplete", incomplete_details: { reason }, output: [] };
    const events = meant(created, { type: "response.incomplete", response });
    expect(events.at(-1)).toMatchObject({ finishReason, nativeFinishReason: reason });
  });

  it("does not let a call outrank a limit", () => {
    const response = { status: "incomplete", incomplete_details: { reason: "max_output_tokens" }, output: [] };
    const events = meant(created, added(call('{"a')), { type: "response.incomplete", response });
    expect(events.at(-1)).toMatchObject({ finishReason: "length" });
  });

  it("takes only counts for usage that can be counts", () => {
    for (const input_tokens of [-1, "7", null, Number.MAX_VALUE * 10, {}]) {
      const events = meant(created, completed({ usage: { input_tokens, output_tokens: 1 } }));
      expect(events.some(({ type }) => type === "usage")).toBe(false);
    }
    const usage = {
      input_tokens: 5,
      output_tokens: 2,
      input_tokens_details: { cached_tokens: 99 },
      output_tokens_details: { reasoning_tokens: -3 },
    };
    expect(meant(created, completed({ usage }))).toContainEqual({
      type: "usage",
      usage: { inputTokens: 5, outputTokens: 2, cacheReadTokens: 5 },
    });
  });

  it.each<readonly [string, Json | string, string]>([
    ["no JSON", "{", "upstream_stream_invalid"],
    ["a list", "[]", "upstream_stream_invalid"],
    [
      "a piece that is no text",
      { type: "response.output_text.delta", output_index: 0, delta: 5 },
      "upstream_stream_invalid",
    ],
    ["a piece of nothing", { type: "response.output_text.delta", delta: "x" }, "upstream_stream_invalid"],
    [
      "a part with a wild number",
      { type: "response.output_text.delta", output_index: 0, content_index: -1, delta: "x" },
      "upstream_stream_invalid",
    ],
    [
      "a part beyond all numbers",
      { type: "response.output_text.delta", output_index: 0, content_index: 1e9, delta: "x" },
      "upstream_stream_invalid",
    ],
    [
      "an item that is none",
      { type: "response.output_item.added", output_index: 0, item: 5 },
      "upstream_stream_invalid",
    ],
    ["a call without a name", added(call("", { name: "" })), "upstream_stream_invalid"],
    ["an end without its response", { type: "response.completed" }, "upstream_stream_invalid"],
    ["an end that is none", completed({ status: "in_progress" }), "upstream_invalid_response"],
    ["a cancelled answer", completed({ status: "cancelled" }), "upstream_error"],
    [
      "a failed answer",
      { type: "response.failed", response: { error: { code: "rate_limit_exceeded", message: "x" } } },
      "upstream_rate_limited",
    ],
    ["a failed end", completed({ status: "failed", error: { code: "server_error", message: "x" } }), "upstream_error"],
    [
      "T14 an error of the first shape",
      { type: "error", code: "insufficient_quota", message: "x" },
      "upstream_quota_exhausted",
    ],
    [
      "T14 an error of the second shape",
      { type: "error", error: { code: "context_length_exceeded", message: "x" } },
      "context_length_exceeded",
    ],
    ["nothing more", { type: "keepalive" }, "upstream_stream_truncated"],
    ["an end mark before the end", "[DONE]", "upstream_stream_truncated"],
  ])("fails on %s", (_what, event, code) => {
    expect(codeOf(() => decode(created, event))).toBe(code);
  });

  const values: readonly unknown[] = [null, undefined, 0, -1, 1e300, "", "x", [], {}, [null], true];
  it("throws nothing but its own errors, whatever a field holds", () => {
    const item = {
      type: "message",
      id: "m",
      content: [{ type: "output_text", text: "a", annotations: [{}], logprobs: [{}] }],
    };
    const frames: readonly Json[] = [
      created,
      added(item),
      { type: "response.content_part.added", output_index: 0, content_index: 0, part: item.content[0] },
      { type: "response.output_text.annotation.added", output_index: 0, content_index: 0, annotation: {} },
      { type: "response.reasoning_summary_text.delta", output_index: 1, summary_index: 0, delta: "x" },
      done({ type: "reasoning", summary: [{ type: "summary_text", text: "x" }], encrypted_content: "g" }, 1),
      done(call("{}"), 2),
      completed({
        usage: { input_tokens: 1, output_tokens: 1, input_tokens_details: {}, output_tokens_details: {} },
        output: [item],
      }),
    ];
    const spoil = (value: unknown, path: readonly (string | number)[], by: unknown): unknown => {
      const [step, ...rest] = path;
      if (step === undefined) return by;
      const copy = structuredClone(value) as Record<string | number, unknown>;
      copy[step] = spoil(copy[step], rest, by);
      return copy;
    };
    const pathsOf = (
      value: unknown,
      path: readonly (string | number)[] = [],
    ): readonly (readonly (string | number)[])[] =>
      typeof value === "object" && value !== null
        ? [path, ...Object.entries(value).flatMap(([name, inner]) => pathsOf(inner, [...path, name]))]
        : [path];
    let tried = 0;
    for (const path of pathsOf(frames)) {
      if (path.length < 2) continue;
      for (const by of values) {
        const spoilt = spoil(frames, path, by) as readonly Json[];
        expect(
          codeOf(() => decode(...spoilt)),
          `${path.join(".")} ${JSON.stringify(by)}`,
        ).toBeTypeOf("string");
        const whole = (spoilt.at(-1)?.["response"] ?? {}) as Json;
        expect(codeOf(() => openaiResponses.decodeReply(whole, options))).toBeTypeOf("string");
        tried++;
      }
    }
    expect(tried).toBeGreaterThan(500);
  });
});

describe("decodeReply", () => {
  const codeOfReply = (body: Json): unknown => codeOf(() => openaiResponses.decodeReply(body, options));

  it.each<readonly [Json, string]>([
    [{}, "upstream_invalid_response"],
    [{ output: "x" }, "upstream_invalid_response"],
    [{ output: [], status: "queued" }, "upstream_invalid_response"],
    [{ output: [], status: "failed", error: { code: "server_error", message: "x" } }, "upstream_error"],
    [{ error: { code: "insufficient_quota", message: "x" } }, "upstream_quota_exhausted"],
    [{ output: [{ type: "function_call", call_id: "c", arguments: "" }] }, "upstream_invalid_response"],
  ])("refuses %j", (body, code) => expect(codeOfReply(body)).toBe(code));

  it("leaves custom calls of tools that the client never defined to the server", () => {
    const body = { output: [{ type: "custom_tool_call", call_id: "c", name: "x_search", input: "q" }] };
    const hosted: ChatRequest = {
      ...request,
      tools: [{ type: "opaque", dialect: "openai-responses", value: { type: "x_search" } }],
    };
    const own: ChatRequest = { ...hosted, tools: [...(hosted.tools ?? []), { type: "custom", name: "x_search" }] };
    const stored: ChatRequest = { ...request, extras: { prompt: { id: "pmpt_1" } } };
    const finish = (of: ChatRequest): unknown => openaiResponses.decodeReply(body, { ...options, request: of }).at(-1);
    expect(finish(hosted)).toMatchObject({ finishReason: "stop" });
    expect(finish(request)).toMatchObject({ finishReason: "stop" });
    expect(finish(own)).toMatchObject({ finishReason: "tool_calls" });
    expect(finish(stored)).toMatchObject({ finishReason: "tool_calls" });
  });
});

import { describe, expect, it } from "vitest";
import { createCollector, type CollectedReply } from "../../chat/collect.ts";
import { rememberSource, type ChatRequest } from "../../chat/request.ts";
import { UpstreamError } from "../../errors.ts";
import type { Json } from "../dialect.ts";
import { decodeReply, isBroken } from "./decode-reply.ts";
import { encodeReply } from "./encode-reply.ts";
import { madeCallId } from "../made-call-id.ts";

const request: ChatRequest = { dialect: "openai-chat", model: "asked", stream: false, messages: [] };
const options = { provider: "p", model: "m", quirks: {}, request, requestId: "r" };
const collect = (body: Json): CollectedReply => {
  const collector = createCollector();
  for (const event of decodeReply(body, options)) collector.push(event);
  return collector.result();
};
const answer = (message: object, more: object = {}): Json => ({
  id: "c",
  model: "m",
  created: 1,
  choices: [{ index: 0, message, finish_reason: "stop", ...more }],
});
const parts = (message: object) => collect(answer(message)).choices[0]?.parts;
const encode = (reply: Partial<CollectedReply>, from: ChatRequest = request) =>
  JSON.parse(encodeReply({ choices: [], text: "", ...reply }, { requestId: "r", created: 7, request: from }));
const choice = (more: Partial<CollectedReply["choices"][number]>) => ({
  index: 0,
  parts: [],
  citations: [],
  finishReason: "stop" as const,
  ...more,
});
const call = { type: "tool-call" as const, kind: "function" as const, id: "a", name: "f", arguments: "" };

describe("isBroken", () => {
  const tool = (text: string): object => ({ id: "a", type: "function", function: { name: "f", arguments: text } });

  it.each<readonly [boolean, Json]>([
    [false, answer({ content: "x" })],
    [false, answer({ content: null, tool_calls: [tool("{}")] })],
    [true, answer({ content: [{ type: "text", text: "x" }] })],
    [true, answer({ content: { a: 1 } })],
    [true, answer({ content: null, tool_calls: [tool("null")] })],
    [true, answer({ content: "x" }, { finish_reason: "eos" })],
    [false, { choices: ["?"] }],
  ])("is %s for %j", (expected, body) => expect(isBroken(body)).toBe(expected));
});

describe("decodeReply", () => {
  it("gives a call no arguments where the model wrote null for them", () => {
    const calls = ["null", "{}"].map((text) => ({ id: "a", function: { name: "f", arguments: text } }));
    expect(parts({ tool_calls: calls })).toMatchObject([{ arguments: "" }, { arguments: "{}" }]);
  });

  it("gives the events in order, each choice ended, usage last", () => {
    const tool = { id: "a", type: "function", function: { name: "f", arguments: "{}" } };
    const body = {
      ...answer(
        { content: "x", reasoning_content: "t", refusal: null, tool_calls: [tool] },
        { finish_reason: "tool_calls" },
      ),
      service_tier: "flex",
      usage: { prompt_tokens: 1, completion_tokens: 2 },
    };
    expect(decodeReply(body, options)).toEqual([
      { type: "reply-start", id: "c", model: "m", created: 1, serviceTier: "flex" },
      { type: "reasoning-delta", choice: 0, block: 0, text: "t" },
      { type: "text-delta", choice: 0, text: "x" },
      { type: "tool-call-start", choice: 0, index: 0, id: "a", name: "f", kind: "function" },
      { type: "tool-call-delta", choice: 0, index: 0, arguments: "{}" },
      { type: "tool-call-end", choice: 0, index: 0 },
      { type: "reply-end", choice: 0, finishReason: "tool_calls" },
      { type: "usage", usage: { inputTokens: 1, outputTokens: 2 } },
    ]);
  });

  it.each([
    [null, []],
    ["", []],
    ["x", [{ type: "text", text: "x" }]],
    [{ a: 1 }, [{ type: "text", text: '{"a":1}' }]],
    [
      [
        { type: "thinking", thinking: "t" },
        { type: "text", text: "x" },
      ],
      [
        { type: "reasoning", text: "t" },
        { type: "text", text: "x" },
      ],
    ],
  ])("reads the content %j", (content, expected) => {
    expect(parts({ content })).toEqual(expected);
  });

  it("reads calls without ids, placeholders and the deprecated form", () => {
    const placeholder = { id: "", function: { name: "", arguments: "" } };
    const named = { function: { name: "f", arguments: { x: 1 } } };
    expect(
      parts({ content: null, tool_calls: [placeholder, named], function_call: { name: "g", arguments: "" } }),
    ).toEqual([
      { ...call, id: madeCallId("r", 0), arguments: '{"x":1}' },
      { ...call, id: madeCallId("r", 1), name: "g" },
    ]);
  });

  it("calls a stop with calls what it is, but not a cut", () => {
    const tool_calls = [{ id: "a", function: { name: "f", arguments: '{"' } }];
    const end = (finish_reason: string | null) => collect(answer({ tool_calls }, { finish_reason })).choices[0];
    expect(end("stop")).toMatchObject({ finishReason: "tool_calls", nativeFinishReason: "stop" });
    expect(end(null)).toMatchObject({ finishReason: "tool_calls" });
    expect(end("length")).toMatchObject({ finishReason: "length" });
  });

  it.each([
    [{ error: { message: "no", code: 502 } }, "upstream_error"],
    [{ base_resp: { status_code: 1004, status_msg: "bad key" } }, "upstream_error"],
    [{ error: { code: "insufficient_quota", message: "pay" } }, "upstream_quota_exhausted"],
    [{ id: "x" }, "upstream_invalid_response"],
    [{ choices: [] }, "upstream_invalid_response"],
    [{ choices: "none" }, "upstream_invalid_response"],
  ])("throws on %j", (body, code) => {
    expect(() => decodeReply(body, options)).toThrow(UpstreamError);
    expect(() => decodeReply(body, options)).toThrow(expect.objectContaining({ code, provider: "p" }));
  });
});

describe("encodeReply", () => {
  it("writes a `chat.completion`", () => {
    const usage = { inputTokens: 3, outputTokens: 4, cacheReadTokens: 0, reasoningTokens: 2, costNanoUsd: 1_500 };
    expect(
      encode({
        choices: [choice({ parts: [{ type: "text", text: "x" }], logprobs: [1] })],
        usage,
        serviceTier: "flex",
      }),
    ).toEqual({
      id: "chatcmpl-r",
      object: "chat.completion",
      created: 7,
      model: "asked",
      choices: [
        {
          index: 0,
          message: { role: "assistant", content: "x", refusal: null },
          logprobs: { content: [1], refusal: null },
          finish_reason: "stop",
        },
      ],
      usage: {
        prompt_tokens: 3,
        completion_tokens: 4,
        total_tokens: 7,
        prompt_tokens_details: { cached_tokens: 0 },
        completion_tokens_details: { reasoning_tokens: 2 },
      },
      service_tier: "flex",
    });
  });

  it("tells the cost to those who asked", () => {
    const usage = { inputTokens: 3, outputTokens: 4, costNanoUsd: 1_500 };
    expect(encode({ usage }, { ...request, includeCost: true }).usage.cost).toBe(0.0000015);
  });

  it("has a string or null for content, and an object for arguments that are none", () => {
    const message = (...list: CollectedReply["choices"][number]["parts"]) =>
      encode({ choices: [choice({ parts: list })] }).choices[0].message;
    expect(message().content).toBe("");
    expect(message({ type: "text", text: "a" }, { type: "text", text: "b" }).content).toBe("ab");
    expect(message({ type: "refusal", text: "no" })).toEqual({ role: "assistant", content: null, refusal: "no" });
    expect(message(call)).toMatchObject({
      content: null,
      tool_calls: [{ id: "a", type: "function", function: { name: "f", arguments: "{}" } }],
    });
  });

  it("answers reasoning as text and as details, unless it is not wanted", () => {
    const reasoning = { type: "reasoning" as const, text: "t", signature: { format: "f", value: "s" } };
    const signed = { ...call, signature: { format: "google-gemini-v1", value: "g" } };
    const choices = [choice({ parts: [reasoning, signed] })];
    expect(encode({ choices }).choices[0].message).toMatchObject({
      reasoning_content: "t",
      reasoning_details: [
        { type: "reasoning.text", text: "t", signature: "s", format: "f", index: 0 },
        { type: "reasoning.encrypted", data: "g", id: "a", format: "google-gemini-v1", index: 1 },
      ],
    });
    const { message } = encode({ choices }, { ...request, reasoning: { exclude: true } }).choices[0];
    expect(JSON.stringify(message)).not.toContain("reasoning");
  });

  it("puts back what this dialect alone understands, and nothing of another's", () => {
    const audio = { id: "a1", data: "AAAA" };
    const body = { ...answer({ content: null, audio }, { content_filter_results: {} }), moderation: { ok: true } };
    const written = encode(collect(body));
    expect(written).toMatchObject({
      moderation: { ok: true },
      choices: [{ content_filter_results: {}, message: { audio } }],
    });
    expect(encode({ extras: { container: 1 } })).not.toHaveProperty("container");
  });

  it("names the provider's own reason where it differs", () => {
    const written = encode({ choices: [choice({ finishReason: "length", nativeFinishReason: "max_tokens" })] });
    expect(written.choices[0]).toMatchObject({ finish_reason: "length", native_finish_reason: "max_tokens" });
  });

  it("answers those who know only the deprecated form in it", () => {
    const legacy = { ...request };
    rememberSource(legacy, { dialect: "openai-chat", body: { functions: [] } });
    const written = encode({ choices: [choice({ parts: [call], finishReason: "tool_calls" })] }, legacy).choices[0];
    expect(written.finish_reason).toBe("function_call");
    expect(written.message.function_call).toEqual({ name: "f", arguments: "{}" });
    expect(written.message).not.toHaveProperty("tool_calls");
  });
});

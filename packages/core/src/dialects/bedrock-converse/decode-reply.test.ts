import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { opaqueWhole, type ChatEvent } from "../../chat/event.ts";
import type { ChatRequest } from "../../chat/request.ts";
import { UpstreamError } from "../../errors.ts";
import type { DecodeOptions, Json } from "../dialect.ts";
import { bedrockConverse } from "./bedrock-converse.ts";
import { madeCallId } from "../made-call-id.ts";

const request: ChatRequest = { dialect: "openai-chat", model: "m", stream: false, messages: [] };
const options: DecodeOptions = {
  provider: "bedrock",
  model: "us.deepseek.r1-v1:0",
  quirks: {},
  request,
  requestId: "r1",
};
const start: ChatEvent = { type: "reply-start" };
const end: ChatEvent = { type: "reply-end", choice: 0, finishReason: "stop", nativeFinishReason: "end_turn" };

const decode = (
  content: readonly unknown[],
  rest: Json = {},
  more: Partial<DecodeOptions> = {},
): readonly ChatEvent[] =>
  bedrockConverse.decodeReply(
    { output: { message: { role: "assistant", content } }, stopReason: "end_turn", ...rest },
    { ...options, ...more },
  );

/** What a call threw; `undefined` where it went well. */
const thrownBy = (run: () => unknown): unknown => {
  try {
    run();
    return undefined;
  } catch (error) {
    return error;
  }
};

describe("decodeReply", () => {
  it("reads text, reasoning and redacted reasoning in order", () => {
    expect(
      decode([
        { reasoningContent: { reasoningText: { text: "Hm", signature: "s" } } },
        { reasoningContent: { redactedContent: "cmVk" } },
        { text: "Hi" },
      ]),
    ).toEqual([
      start,
      {
        type: "reasoning-delta",
        choice: 0,
        block: 0,
        text: "Hm",
        signature: { format: "bedrock-deepseek-v1", value: "s" },
      },
      {
        type: "reasoning-delta",
        choice: 0,
        block: 1,
        text: "",
        encrypted: { format: "bedrock-deepseek-v1", value: "cmVk" },
      },
      { type: "text-delta", choice: 0, block: 2, text: "Hi" },
      end,
    ]);
  });

  it("reads calls, and takes them for the reason of the end", () => {
    const use = { toolUseId: "t1", name: "a", input: { a: [1] } };
    expect(decode([{ toolUse: use }, { toolUse: { name: "b" } }])).toEqual([
      start,
      { type: "tool-call-start", choice: 0, index: 0, id: "t1", name: "a", kind: "function" },
      { type: "tool-call-delta", choice: 0, index: 0, arguments: '{"a":[1]}' },
      { type: "tool-call-end", choice: 0, index: 0 },
      { type: "tool-call-start", choice: 0, index: 1, id: madeCallId("r1", 1), name: "b", kind: "function" },
      { type: "tool-call-delta", choice: 0, index: 1, arguments: "{}" },
      { type: "tool-call-end", choice: 0, index: 1 },
      { ...end, finishReason: "tool_calls" },
    ]);
  });

  it("places citations in the whole text, and keeps what only Bedrock understands", () => {
    const citation = {
      location: { web: { url: "https://a.example/", domain: "a.example" } },
      sourceContent: [{ text: "S" }],
    };
    const server = { toolUse: { type: "server_tool_use", toolUseId: "t", name: "nova_grounding", input: {} } };
    expect(
      decode([server, { text: "ab" }, { citationsContent: { content: [{ text: "cd" }], citations: [citation] } }]),
    ).toEqual([
      start,
      opaqueWhole("toolUse", 0, { type: "opaque", dialect: "bedrock-converse", value: server }),
      { type: "text-delta", choice: 0, block: 1, text: "ab" },
      { type: "text-delta", choice: 0, block: 2, text: "cd" },
      {
        type: "citation",
        choice: 0,
        block: 2,
        citation: {
          url: "https://a.example/",
          title: "a.example",
          citedText: "S",
          start: 2,
          end: 4,
          raw: { dialect: "bedrock-converse", value: citation },
        },
      },
      end,
    ]);
  });

  it("adds what the cache read and wrote to the input, and tells writes for an hour apart", () => {
    const usage = {
      inputTokens: 1,
      outputTokens: 2,
      totalTokens: 9,
      cacheReadInputTokens: 3,
      cacheWriteInputTokens: 4,
      cacheDetails: [
        { ttl: "5m", inputTokens: 1 },
        { ttl: "1h", inputTokens: 3 },
      ],
    };
    expect(decode([], { usage })).toContainEqual({
      type: "usage",
      usage: { inputTokens: 8, outputTokens: 2, cacheReadTokens: 3, cacheWriteTokens: 4, cacheWriteLongTokens: 3 },
    });
  });

  it.each([[{}], [{ inputTokens: -1, outputTokens: "2" }], [{ inputTokens: null }]])(
    "takes %j for no usage",
    (usage) => {
      expect(decode([], { usage })).toEqual([start, end]);
    },
  );

  it.each([
    ["end_turn", "stop"],
    ["stop_sequence", "stop"],
    ["max_tokens", "length"],
    ["model_context_window_exceeded", "length"],
    ["tool_use", "tool_calls"],
    ["guardrail_intervened", "content_filter"],
    ["content_filtered", "content_filter"],
    ["malformed_model_output", "error"],
    ["malformed_tool_use", "error"],
    ["a_new_one", "stop"],
  ])("takes %s for %s", (stopReason, finishReason) => {
    expect(decode([], { stopReason }).at(-1)).toEqual({ ...end, finishReason, nativeFinishReason: stopReason });
  });

  it("does not take a call that was cut for a whole one", () => {
    expect(decode([{ toolUse: { name: "a" } }], { stopReason: "max_tokens" }).at(-1)).toMatchObject({
      finishReason: "length",
    });
  });

  it("tells the stop sequence, the tier, and the rest as it came", () => {
    const rest = {
      stopReason: "stop_sequence",
      additionalModelResponseFields: { stop_sequence: "END" },
      serviceTier: { type: "flex" },
      trace: { guardrail: { a: 1 } },
    };
    const events = decode([], rest);
    expect(events[0]).toEqual({ type: "reply-start", serviceTier: "flex" });
    expect(events[1]).toMatchObject({ type: "opaque", name: "metadata", value: { trace: { guardrail: { a: 1 } } } });
    expect(events.at(-1)).toMatchObject({ finishReason: "stop", stopSequence: "END" });
  });

  it.each<[string, Json, string]>([
    ["nothing", {}, "upstream_invalid_response"],
    ["no content", { output: { message: {} }, stopReason: "end_turn" }, "upstream_invalid_response"],
    ["no stop reason", { output: { message: { content: [] } } }, "upstream_invalid_response"],
    [
      "an error with status 200",
      { Output: { __type: "com.amazon.coral.service#ThrottlingException", message: "slow" }, Version: "1.0" },
      "upstream_rate_limited",
    ],
  ])("refuses %s", (_, body, code) => {
    expect(() => bedrockConverse.decodeReply(body, options)).toThrow(expect.objectContaining({ code }));
  });

  it("throws nothing but upstream errors, whatever comes", () => {
    const keys = fc.constantFrom(
      "text",
      "toolUse",
      "reasoningContent",
      "citationsContent",
      "content",
      "citations",
      "input",
    );
    const junk = fc.anything({ key: keys, maxDepth: 4, withNullPrototype: false });
    fc.assert(
      fc.property(fc.array(junk, { maxLength: 4 }), junk, junk, (content, usage, stopReason) => {
        const error = thrownBy(() => decode(content, { usage, stopReason }));
        expect(error === undefined || error instanceof UpstreamError).toBe(true);
      }),
    );
  });
});

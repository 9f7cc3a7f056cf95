import { describe, expect, test } from "vitest";
import type { ChatEvent } from "../../chat/event.ts";
import { withFrame } from "../../chat/frame.ts";
import type { ChatRequest } from "../../chat/request.ts";
import { GatewayError } from "../../errors.ts";
import { asText } from "../../testing/as-text.ts";
import { openrouterChat } from "./openrouter-form.ts";

const request: ChatRequest = openrouterChat.decodeRequest({
  model: "asked",
  stream: true,
  messages: [{ role: "user", content: "Hi" }],
});
const options = { requestId: "r", created: 7, request };
const start: ChatEvent = { type: "reply-start", id: "id", model: "m", created: 1 };
const text: ChatEvent = { type: "text-delta", choice: 0, text: "Hi" };
const end: ChatEvent = { type: "reply-end", choice: 0, finishReason: "stop" };
const usage: ChatEvent = { type: "usage", usage: { inputTokens: 1, outputTokens: 2, costNanoUsd: 5_000 } };

const dataOf = (stream: string): readonly Record<string, unknown>[] =>
  stream
    .split("\n\n")
    .filter((block) => block !== "" && !block.endsWith("[DONE]"))
    .map((block) => JSON.parse(block.replace(/^data: /u, "")));

describe("openrouterChat", () => {
  test("is for those that say so", () => {
    const asks = (agent?: string) => openrouterChat.isAskedBy?.((name) => (name === "user-agent" ? agent : undefined));
    expect(asks("speakeasy-sdk/typescript 1.3.19 2.914.0 1.0.0 @openrouter/sdk")).toBe(true);
    expect(asks("OpenAI/JS 7.55.0")).toBe(false);
    expect(asks()).toBe(false);
  });

  test("tells usage and cost unasked, in the last chunk alone", () => {
    const encoder = asText(openrouterChat.createEncoder(options));
    const chunks = dataOf(encoder.encode([start, text, usage, end]) + encoder.end());
    expect(chunks.map(({ usage: told }) => told)).toEqual([
      undefined,
      undefined,
      undefined,
      expect.objectContaining({ completion_tokens: 2, cost: 0.000005 }),
    ]);
  });

  test("writes anew what a provider wrote, whose nulls its clients refuse", () => {
    const frame = { raw: 'data: {"id":"id","choices":[{"index":0,"delta":{"content":"Hi"}}],"usage":null}\n\n' };
    const encoder = asText(openrouterChat.createEncoder(options));
    const chunks = dataOf(encoder.encode([start, ...withFrame("openai-chat", "stream", frame, [{ ...text }])]));
    expect(chunks).toHaveLength(2);
    expect(chunks[1]).toEqual({
      id: "id",
      object: "chat.completion.chunk",
      created: 1,
      model: "m",
      choices: [{ index: 0, delta: { content: "Hi" }, logprobs: null, finish_reason: null }],
    });
  });

  test("writes a whole answer with all that its clients look for", () => {
    const reply = { id: "id", model: "m", choices: [], text: "" };
    expect(JSON.parse(openrouterChat.encodeReply(reply, options))).toHaveProperty("system_fingerprint", null);
    const stated = { ...reply, systemFingerprint: "fp" };
    expect(JSON.parse(openrouterChat.encodeReply(stated, options))).toHaveProperty("system_fingerprint", "fp");
  });

  test.each([
    ["rate_limit_exceeded", 429, "rate_limit_exceeded"],
    ["context_length_exceeded", 400, "context_length_exceeded"],
    ["upstream_content_filter", 400, "content_policy_violation"],
    ["invalid_value", 400, "invalid_request"],
    ["internal_error", 500, "server"],
  ] as const)("tells %s by its status, in a body and in a stream", (code, status, errorType) => {
    const error = new GatewayError(code, "Words.", { param: "p" });
    const told = { code: status, message: "Words.", metadata: { error_type: errorType, code, param: "p" } };
    expect(JSON.parse(openrouterChat.encodeError(error, "r"))).toEqual({ error: told });
    const encoder = asText(openrouterChat.createEncoder(options));
    encoder.encode([start, text]);
    expect(dataOf(encoder.fail(error))).toMatchObject([{ choices: [{ finish_reason: "error" }], error: told }]);
  });
});

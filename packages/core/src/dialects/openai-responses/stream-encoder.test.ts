import { describe, expect, it } from "vitest";
import { createCollector } from "../../chat/collect.ts";
import type { ChatEvent } from "../../chat/event.ts";
import type { ChatRequest } from "../../chat/request.ts";
import { GatewayError } from "../../errors.ts";
import type { EncodeOptions, Json } from "../dialect.ts";
import { openaiResponses } from "./openai-responses.ts";
import { readProof } from "./reasoning-proof.ts";

const request: ChatRequest = { dialect: "openai-responses", model: "m", stream: true, messages: [] };
const options: EncodeOptions = { requestId: "r1", created: 5, request };

const eventsIn = (text: string): readonly Json[] =>
  text
    .split("\n")
    .filter((line) => line.startsWith("data: "))
    .map((line): Json => JSON.parse(line.slice(6)));

const write = (...events: readonly ChatEvent[]): readonly Json[] => {
  const encoder = openaiResponses.createEncoder(options);
  return eventsIn(String(encoder.encode(events)) + String(encoder.end()));
};

const whole = (...events: readonly ChatEvent[]): Json => {
  const collector = createCollector();
  for (const event of events) collector.push(event);
  return JSON.parse(openaiResponses.encodeReply(collector.result(), options));
};

const choice = 0;
const text = (piece: string, block?: number): ChatEvent => ({
  type: "text-delta",
  choice,
  text: piece,
  ...(block === undefined ? {} : { block }),
});
const end = (finishReason: "stop" | "length" | "tool_calls" | "content_filter" | "error"): ChatEvent => ({
  type: "reply-end",
  choice,
  finishReason,
});
const callStart = (index: number, kind: "function" | "custom" = "function"): ChatEvent => ({
  type: "tool-call-start",
  choice,
  index,
  id: `c${index}`,
  name: "f",
  kind,
});
const callDelta = (index: number, piece: string): ChatEvent => ({
  type: "tool-call-delta",
  choice,
  index,
  arguments: piece,
});
const callEnd = (index: number): ChatEvent => ({ type: "tool-call-end", choice, index });

const finalOf = (events: readonly Json[]): Json => (events.at(-1)?.["response"] ?? {}) as Json;
const typesOf = (events: readonly Json[]): readonly string[] =>
  events.map(({ type }) => String(type).replace("response.", ""));
const outputOf = (response: Json): readonly Json[] => response["output"] as readonly Json[];

describe("createEncoder", () => {
  it("writes reasoning, then text, each with all its events", () => {
    const events = write(
      { type: "reply-start", id: "chatcmpl-1", model: "m-2026" },
      { type: "reasoning-delta", choice, text: "Hm." },
      text("Hi"),
      { type: "usage", usage: { inputTokens: 3, outputTokens: 2, cacheReadTokens: 1, reasoningTokens: 1 } },
      end("stop"),
    );
    expect(typesOf(events)).toEqual([
      "created",
      "in_progress",
      "output_item.added",
      "reasoning_summary_part.added",
      "reasoning_summary_text.delta",
      "reasoning_summary_text.done",
      "reasoning_summary_part.done",
      "output_item.done",
      "output_item.added",
      "content_part.added",
      "output_text.delta",
      "output_text.done",
      "content_part.done",
      "output_item.done",
      "completed",
    ]);
    expect(finalOf(events)).toMatchObject({
      id: "resp_r1",
      object: "response",
      created_at: 5,
      model: "m-2026",
      status: "completed",
      store: false,
      error: null,
      usage: {
        input_tokens: 3,
        input_tokens_details: { cached_tokens: 1 },
        output_tokens: 2,
        output_tokens_details: { reasoning_tokens: 1 },
        total_tokens: 5,
      },
    });
    expect(outputOf(finalOf(events)).map(({ type, id }) => [type, String(id).split("_")[0]])).toEqual([
      ["reasoning", "rs"],
      ["message", "msg"],
    ]);
  });

  it("keeps calls apart that come side by side", () => {
    const events = write(
      callStart(0),
      callStart(1, "custom"),
      callDelta(1, "b"),
      callDelta(0, "{}"),
      callEnd(1),
      callEnd(0),
      end("tool_calls"),
    );
    expect(outputOf(finalOf(events))).toMatchObject([
      { type: "function_call", call_id: "c0", name: "f", arguments: "{}", status: "completed" },
      { type: "custom_tool_call", call_id: "c1", name: "f", input: "b", status: "completed" },
    ]);
    expect(typesOf(events).filter((type) => type.includes("call"))).toEqual([
      "custom_tool_call_input.delta",
      "function_call_arguments.delta",
      "custom_tool_call_input.done",
      "function_call_arguments.done",
    ]);
  });

  it("begins a new message after a call", () => {
    const events = write(text("a", 0), callStart(0), callEnd(0), text("b", 2), end("tool_calls"));
    expect(outputOf(finalOf(events)).map(({ type }) => type)).toEqual(["message", "function_call", "message"]);
  });

  it("writes refusals and citations", () => {
    const events = write(
      text("ab"),
      { type: "citation", choice, citation: { url: "u", title: "t", start: 0, end: 2 } },
      { type: "refusal-delta", choice, text: "No." },
      end("stop"),
    );
    const annotation = { type: "url_citation", start_index: 0, end_index: 2, url: "u", title: "t" };
    expect(outputOf(finalOf(events))).toMatchObject([
      {
        content: [
          { type: "output_text", text: "ab", annotations: [annotation] },
          { type: "refusal", refusal: "No." },
        ],
      },
    ]);
    expect(typesOf(events)).toContain("output_text.annotation.added");
    expect(typesOf(events)).toContain("refusal.done");
  });

  it("seals reasoning that was signed, and carries the proof of a call before it", () => {
    const signature = { format: "anthropic-claude-v1", value: "s" };
    const thought = { format: "google-gemini-v1", value: "t" };
    const events = write(
      { type: "reasoning-delta", choice, text: "a", block: 0 },
      { type: "reasoning-delta", choice, text: "", block: 0, signature: { ...signature, value: "s1" } },
      { type: "reasoning-delta", choice, text: "", block: 0, signature: { ...signature, value: "s2" } },
      { type: "reasoning-delta", choice, text: "b", block: 1 },
      { type: "tool-call-start", choice, index: 0, id: "c0", name: "f", kind: "function", signature: thought },
      callEnd(0),
      end("tool_calls"),
    );
    const [first, second, carrier, call] = outputOf(finalOf(events));
    expect(readProof(String(first?.["encrypted_content"]))?.signature.value).toBe("s1s2");
    expect(second).toMatchObject({ summary: [{ text: "b" }] });
    expect(second).not.toHaveProperty("encrypted_content");
    expect(readProof(String(carrier?.["encrypted_content"]))).toEqual({ kind: "call", call: "c0", signature: thought });
    expect(call).toMatchObject({ type: "function_call" });
  });

  it.each([
    ["length", "incomplete", "max_output_tokens"],
    ["content_filter", "incomplete", "content_filter"],
  ] as const)("tells that an answer ended by %s", (finishReason, status, reason) => {
    const events = write(text("a"), end(finishReason));
    expect(events.at(-1)).toMatchObject({ type: `response.${status}` });
    expect(finalOf(events)).toMatchObject({
      status,
      incomplete_details: { reason },
      output: [{ status: "incomplete" }],
    });
    expect(whole(text("a"), end(finishReason))).toMatchObject({ status, incomplete_details: { reason } });
  });

  it("tells that the provider gave up", () => {
    const events = write(text("a"), end("error"));
    expect(events.at(-1)).toMatchObject({ type: "response.failed", response: { error: { code: "server_error" } } });
    expect(() => whole(text("a"), end("error"))).toThrow(GatewayError);
  });

  it("T14 tells an error so that every client sees it, and ends", () => {
    const encoder = openaiResponses.createEncoder(options);
    const before = eventsIn(String(encoder.encode([text("a")])));
    const events = eventsIn(encoder.fail(new GatewayError("upstream_timeout", "Too late.")));
    const error = { code: "upstream_timeout", message: "Too late." };
    expect(events).toMatchObject([
      { type: "error", ...error, error, sequence_number: before.length },
      { type: "response.failed", response: { status: "failed", error: { message: "Too late." } } },
    ]);
    expect(String(encoder.encode([text("b")])) + String(encoder.end())).toBe("");
  });

  it("takes nothing of other choices, nothing after the end, and no marks of other dialects", () => {
    const done: ChatEvent = { type: "opaque", dialect: "openai-chat", name: "done" };
    const events = write(text("a"), { type: "text-delta", choice: 1, text: "x" }, done, end("stop"), text("b"));
    expect(outputOf(finalOf(events))).toMatchObject([{ content: [{ text: "a" }] }]);
  });

  it("is the same whole and streamed", () => {
    const events = [
      { type: "reasoning-delta", choice, text: "r", summary: false } as const,
      text("a"),
      callStart(0),
      callDelta(0, "{}"),
      callEnd(0),
      end("tool_calls"),
    ];
    expect(whole(...events)).toEqual(finalOf(write(...events)));
  });
});

import type { LanguageModelV4StreamPart } from "@ai-sdk/provider";
import { UpstreamError, createReply, defineStage, type ChatEvent } from "@llm-gateway/core";
import { expect, test } from "vitest";
import { languageModel } from "../src/index.ts";
import { answering, end, setUp, start, text } from "./set-up.ts";

const prompt = [{ role: "user" as const, content: [{ type: "text" as const, text: "Hello" }] }];
const signature = { format: "anthropic-claude-v1", value: "sig" };

const call = (index: number, id: string, name: string): ChatEvent => ({
  type: "tool-call-start",
  choice: 0,
  index,
  id,
  name,
  kind: "function",
});
const args = (index: number, value: string): ChatEvent => ({
  type: "tool-call-delta",
  choice: 0,
  index,
  arguments: value,
});
const callEnd = (index: number): ChatEvent => ({ type: "tool-call-end", choice: 0, index });

const streamOf = async (...events: readonly ChatEvent[]): Promise<LanguageModelV4StreamPart[]> => {
  const { stream } = await languageModel(answering(...events).gateway, "m").doStream({ prompt });
  const parts: LanguageModelV4StreamPart[] = [];
  for await (const part of stream) parts.push(part);
  return parts;
};

/** The parts between the first two and the last. */
const bodyOf = async (...events: readonly ChatEvent[]): Promise<LanguageModelV4StreamPart[]> =>
  (await streamOf(start, ...events, end)).slice(2, -1);

test("a stream begins with its warnings and who answers, and ends with why, how much and where", async () => {
  const usage: ChatEvent = {
    type: "usage",
    usage: {
      inputTokens: 100,
      outputTokens: 20,
      cacheReadTokens: 60,
      cacheWriteTokens: 10,
      reasoningTokens: 15,
      costNanoUsd: 7,
    },
  };
  expect(await streamOf(start, text("Hel"), text("lo"), end, usage)).toEqual([
    { type: "stream-start", warnings: [] },
    {
      type: "response-metadata",
      id: "reply-1",
      modelId: "m-2026",
      timestamp: new Date("2023-11-14T22:13:20Z"),
    },
    { type: "text-start", id: "0" },
    { type: "text-delta", id: "0", delta: "Hel" },
    { type: "text-delta", id: "0", delta: "lo" },
    { type: "text-end", id: "0" },
    {
      type: "finish",
      finishReason: { unified: "stop", raw: "end_turn" },
      usage: {
        inputTokens: { total: 100, noCache: 30, cacheRead: 60, cacheWrite: 10 },
        outputTokens: { total: 20, text: 5, reasoning: 15 },
        raw: usage.usage,
      },
      providerMetadata: { llmGateway: { target: "house/m" } },
    },
  ]);
});

test("counts that nobody stated are not zero", async () => {
  const finish = (await streamOf(start, text("Hi"), end)).at(-1);
  expect(finish).toMatchObject({
    usage: {
      inputTokens: { total: undefined, noCache: undefined, cacheRead: undefined, cacheWrite: undefined },
      outputTokens: { total: undefined, text: undefined, reasoning: undefined },
    },
  });
});

test("every stretch ends before the next begins, and its signature comes with its end", async () => {
  const think = (value: string): ChatEvent => ({ type: "reasoning-delta", choice: 0, text: value });
  expect(
    await bodyOf(
      think("Hm"),
      think("m."),
      { type: "reasoning-delta", choice: 0, text: "", signature },
      text("Wait."),
      think("Again"),
      call(0, "call-1", "look"),
      args(0, '{"a":'),
      args(0, "1}"),
      callEnd(0),
      text("Done."),
    ),
  ).toEqual([
    { type: "reasoning-start", id: "0" },
    { type: "reasoning-delta", id: "0", delta: "Hm" },
    { type: "reasoning-delta", id: "0", delta: "m." },
    { type: "reasoning-end", id: "0", providerMetadata: { llmGateway: { signature } } },
    { type: "text-start", id: "1" },
    { type: "text-delta", id: "1", delta: "Wait." },
    { type: "text-end", id: "1" },
    { type: "reasoning-start", id: "2" },
    { type: "reasoning-delta", id: "2", delta: "Again" },
    { type: "reasoning-end", id: "2" },
    { type: "tool-input-start", id: "call-1", toolName: "look" },
    { type: "tool-input-delta", id: "call-1", delta: '{"a":' },
    { type: "tool-input-delta", id: "call-1", delta: "1}" },
    { type: "tool-input-end", id: "call-1" },
    { type: "tool-call", toolCallId: "call-1", toolName: "look", input: '{"a":1}' },
    { type: "text-start", id: "3" },
    { type: "text-delta", id: "3", delta: "Done." },
    { type: "text-end", id: "3" },
  ]);
});

test("calls that are written at the same time stay apart", async () => {
  const parts = await bodyOf(
    call(0, "a", "look"),
    call(1, "b", "look"),
    args(1, "2"),
    args(0, "1"),
    callEnd(0),
    callEnd(1),
  );
  expect(parts.filter(({ type }) => type === "tool-call")).toEqual([
    { type: "tool-call", toolCallId: "a", toolName: "look", input: "1" },
    { type: "tool-call", toolCallId: "b", toolName: "look", input: "2" },
  ]);
});

test("blocks the provider tells apart stay apart, and so does what follows a signature", async () => {
  const think = (value: string, more: object = {}): ChatEvent => ({
    type: "reasoning-delta",
    choice: 0,
    text: value,
    ...more,
  });
  const signed = await bodyOf(think("One", { signature }), think("Two", { signature }));
  expect(signed.filter(({ type }) => type === "reasoning-end")).toEqual([
    { type: "reasoning-end", id: "0", providerMetadata: { llmGateway: { signature } } },
    { type: "reasoning-end", id: "1", providerMetadata: { llmGateway: { signature } } },
  ]);
  const piece = { format: "f", value: "ab" };
  const numbered = await bodyOf(
    think("One", { block: 0 }),
    think("", { block: 0, signature: piece }),
    think("", { block: 0, signature: { format: "f", value: "cd" } }),
    think("Two", { block: 1, id: "rs_1", summary: true }),
    think("", { block: 2, encrypted: piece }),
  );
  expect(numbered.filter(({ type }) => type === "reasoning-end")).toEqual([
    {
      type: "reasoning-end",
      id: "0",
      providerMetadata: { llmGateway: { signature: { format: "f", value: "abcd" } } },
    },
    { type: "reasoning-end", id: "1", providerMetadata: { llmGateway: { id: "rs_1", summary: true } } },
    { type: "reasoning-end", id: "2", providerMetadata: { llmGateway: { encrypted: piece } } },
  ]);
});

test("signatures of texts and calls go along with them", async () => {
  const parts = await bodyOf(
    { type: "text-delta", choice: 0, text: "Hi" },
    { type: "text-delta", choice: 0, text: "", signature },
    { type: "tool-call-start", choice: 0, index: 0, id: "a", name: "look", kind: "function", signature },
    callEnd(0),
  );
  expect(parts).toContainEqual({ type: "text-end", id: "0", providerMetadata: { llmGateway: { signature } } });
  expect(parts.at(-1)).toMatchObject({ type: "tool-call", providerMetadata: { llmGateway: { signature } } });
});

test("a refusal is text that says what it is, and ends the answer as filtered", async () => {
  const refusal: ChatEvent = { type: "refusal-delta", choice: 0, text: "I can not." };
  const parts = await streamOf(start, text("Well."), refusal, end);
  expect(parts.slice(4)).toMatchObject([
    { type: "text-end", id: "0" },
    { type: "text-start", id: "1" },
    { type: "text-delta", id: "1", delta: "I can not." },
    { type: "text-end", id: "1", providerMetadata: { llmGateway: { refusal: true } } },
    { type: "finish", finishReason: { unified: "content-filter", raw: "end_turn" } },
  ]);
});

test("citations are sources, and references at the text they support", async () => {
  const cite = (citation: Extract<ChatEvent, { type: "citation" }>["citation"]): ChatEvent => ({
    type: "citation",
    choice: 0,
    citation,
  });
  const id = expect.any(String) as string;
  const page = { type: "source", sourceType: "url", id, url: "https://example.org/", title: "Example" };
  const document = {
    type: "source",
    sourceType: "document",
    id,
    mediaType: "application/octet-stream",
    title: "Report",
  };
  expect(
    await bodyOf(
      { type: "text-delta", choice: 0, text: "Before. ", block: 0 },
      { type: "text-delta", choice: 0, text: "Cited.", block: 1 },
      cite({ url: "https://example.org/", title: "Example", start: 8, end: 14, citedText: "So it is." }),
      cite({ title: "Report" }),
    ),
  ).toEqual([
    { type: "text-start", id: "0" },
    { type: "text-delta", id: "0", delta: "Before. " },
    { type: "text-end", id: "0" },
    { type: "text-start", id: "1" },
    { type: "text-delta", id: "1", delta: "Cited." },
    page,
    document,
    {
      type: "text-end",
      id: "1",
      citations: [{ source: page, startIndex: 0, endIndex: 6, citedText: "So it is." }, { source: document }],
    },
  ]);
});

test.each([
  ["length", "length"],
  ["tool_calls", "tool-calls"],
  ["content_filter", "content-filter"],
  ["error", "error"],
] as const)("%s is the finish reason %s", async (finishReason, unified) => {
  const parts = await streamOf(start, text("Hi"), { type: "reply-end", choice: 0, finishReason });
  expect(parts.at(-1)).toMatchObject({ type: "finish", finishReason: { unified, raw: finishReason } });
});

test("other choices than the first are left out", async () => {
  const parts = await bodyOf(text("Mine"), { type: "text-delta", choice: 1, text: "Other" });
  expect(parts.filter(({ type }) => type === "text-delta")).toEqual([{ type: "text-delta", id: "0", delta: "Mine" }]);
});

test("the gateway's own events are shown to who asks for raw chunks", async () => {
  const { gateway } = answering(start, text("Hi"), end);
  const { stream } = await languageModel(gateway, "m").doStream({ prompt, includeRawChunks: true });
  const raw: unknown[] = [];
  for await (const part of stream) if (part.type === "raw") raw.push(part.rawValue);
  expect(raw).toEqual([start, text("Hi"), end]);
});

test("a reply that fails ends in its error and a finish that says so, with what was counted until then", async () => {
  const batches: ChatEvent[] = [start, { type: "usage", usage: { inputTokens: 9, outputTokens: 1 } }, text("Hel"), end];
  const broken = defineStage("broken", () =>
    Promise.resolve(
      createReply({
        batches: {
          next: () => {
            const event = batches.shift();
            if (event === undefined) return Promise.reject(new UpstreamError("upstream_reset", "It hung up."));
            return Promise.resolve({ done: false, value: [event] });
          },
        },
      }),
    ),
  );
  const { stream } = await languageModel(setUp([], { stages: [broken] }).gateway, "m").doStream({ prompt });
  const parts: LanguageModelV4StreamPart[] = [];
  for await (const part of stream) parts.push(part);
  expect(parts.slice(-2)).toMatchObject([
    { type: "error", error: { name: "AI_APICallError", message: "It hung up.", statusCode: 502, isRetryable: false } },
    { type: "finish", finishReason: { unified: "error" }, usage: { inputTokens: { total: 9 } } },
  ]);
});

test("a whole answer has the same content as a stream of it", async () => {
  const events: ChatEvent[] = [
    start,
    { type: "reasoning-delta", choice: 0, text: "Hm", signature },
    text("Hello "),
    { type: "citation", choice: 0, citation: { url: "https://example.org/" } },
    text("you."),
    call(0, "a", "look"),
    args(0, "{}"),
    callEnd(0),
    { type: "usage", usage: { inputTokens: 3, outputTokens: 2 } },
    { ...end, finishReason: "tool_calls" } as ChatEvent,
  ];
  const result = await languageModel(answering(...events).gateway, "m").doGenerate({ prompt });
  const source = { type: "source", sourceType: "url", id: expect.any(String) as string, url: "https://example.org/" };
  expect(result).toEqual({
    content: [
      { type: "reasoning", text: "Hm", providerMetadata: { llmGateway: { signature } } },
      { type: "text", text: "Hello you.", citations: [{ source }] },
      source,
      { type: "tool-call", toolCallId: "a", toolName: "look", input: "{}" },
    ],
    finishReason: { unified: "tool-calls", raw: "end_turn" },
    usage: {
      inputTokens: { total: 3, noCache: undefined, cacheRead: undefined, cacheWrite: undefined },
      outputTokens: { total: 2, text: undefined, reasoning: undefined },
      raw: { inputTokens: 3, outputTokens: 2 },
    },
    providerMetadata: { llmGateway: { target: "house/m" } },
    response: { id: "reply-1", modelId: "m-2026", timestamp: new Date("2023-11-14T22:13:20Z") },
    warnings: [],
  });
});

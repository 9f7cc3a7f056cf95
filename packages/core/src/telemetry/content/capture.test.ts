import { INVALID_SPAN_CONTEXT, logs, trace, type Attributes, type Context, type Span } from "@opentelemetry/api";
import { InMemorySpanExporter, SimpleSpanProcessor, TracerProvider } from "@opentelemetry/sdk-trace";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { ChatEvent } from "../../chat/event.ts";
import type { Part } from "../../chat/message.ts";
import type { ChatRequest } from "../../chat/request.ts";
import { testRequest } from "../../testing/test-context.ts";
import { createContentCapture, type ContentSettings } from "./capture.ts";
import type { Content } from "./content.ts";
import type { LogsApi } from "./details-event.ts";

const exporter = new InMemorySpanExporter();
const tracer = new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter })] }).getTracer("test");

interface LogRecord {
  readonly eventName?: string;
  readonly context?: Context;
  readonly attributes?: Attributes;
}
let records: LogRecord[];
let complaints: [string, unknown][];
beforeEach(() => {
  exporter.reset();
  records = [];
  complaints = [];
});

/** Log records with somebody who listens. */
const listening: LogsApi = {
  logs: { getLogger: () => ({ enabled: () => true, emit: (record) => void records.push(record) }) },
};

const complain = (message: string, details?: unknown): void => void complaints.push([message, details]);
const settingsFor = (settings: Partial<ContentSettings>): ContentSettings => ({
  capture: "span",
  maxContentBytes: 32 * 1024,
  logger: { debug: () => {}, info: () => {}, warn: complain, error: complain },
  ...settings,
});

const say = (text: string): ChatEvent => ({ type: "text-delta", choice: 0, text });
const end: ChatEvent = { type: "reply-end", choice: 0, finishReason: "stop" };

interface Inference {
  readonly request?: Partial<ChatRequest>;
  readonly events?: readonly ChatEvent[];
  readonly facts?: Attributes;
  readonly span?: Span;
  readonly otel?: LogsApi;
}

/** One inference from beginning to end; gives what its span says. */
const infer = (settings: Partial<ContentSettings>, inference: Inference = {}): Attributes => {
  const { request = {}, events = [say("Hi"), end], facts = {}, otel = listening } = inference;
  const content = createContentCapture(settingsFor(settings), otel)?.start(testRequest(request));
  const span = inference.span ?? tracer.startSpan("chat test-model");
  for (const event of events) content?.event(event);
  content?.record(span, facts);
  span.end();
  return exporter.getFinishedSpans().at(-1)?.attributes ?? {};
};

const parsed = (json: unknown): unknown => JSON.parse(String(json));
const inputOf = (parts: readonly Part[]): unknown =>
  parsed(infer({}, { request: { messages: [{ role: "user", parts }] } })["gen_ai.input.messages"]);

describe("where content goes", () => {
  test("nowhere, where nobody asked for it", () => {
    expect(createContentCapture(settingsFor({ capture: "none" }))).toBeUndefined();
  });

  test("on the span as JSON", () => {
    const attributes = infer({ capture: "span" });
    expect(attributes).toEqual({
      "gen_ai.input.messages": '[{"role":"user","parts":[{"type":"text","content":"Hello"}]}]',
      "gen_ai.output.messages":
        '[{"role":"assistant","parts":[{"type":"text","content":"Hi"}],"finish_reason":"stop"}]',
    });
    expect(records).toEqual([]);
  });

  test("in a log record as it is, together with the facts of the inference", () => {
    const span = tracer.startSpan("chat test-model");
    const attributes = infer({ capture: "event" }, { span, facts: { "gen_ai.operation.name": "chat" } });
    expect(attributes).toEqual({});
    expect(records).toHaveLength(1);
    expect(records[0]).toMatchObject({
      eventName: "gen_ai.client.inference.operation.details",
      attributes: {
        "gen_ai.operation.name": "chat",
        "gen_ai.input.messages": [{ role: "user", parts: [{ type: "text", content: "Hello" }] }],
        "gen_ai.output.messages": [
          { role: "assistant", parts: [{ type: "text", content: "Hi" }], finish_reason: "stop" },
        ],
      },
    });
    const { context } = records[0] ?? {};
    expect(context && trace.getSpan(context)).toBe(span);
  });

  test("in both", () => {
    expect(infer({ capture: "both" })).toHaveProperty(["gen_ai.input.messages"]);
    expect(records).toHaveLength(1);
  });

  test("not on a span that nobody records, nor to log records that nobody reads", () => {
    const deaf: LogsApi = {
      logs: { getLogger: () => ({ enabled: () => false, emit: () => expect.unreachable() }) },
    };
    const span = trace.wrapSpanContext(INVALID_SPAN_CONTEXT);
    span.setAttribute = () => expect.unreachable();
    infer({ capture: "both" }, { span, otel: deaf });
    expect(complaints).toEqual([]);
  });

  test("with an API that has no log records yet: says how to mend it, and serves the span", () => {
    expect(infer({ capture: "both" }, { otel: {} })).toHaveProperty(["gen_ai.input.messages"]);
    expect(complaints).toEqual([[expect.stringContaining("@opentelemetry/api 1.10"), undefined]]);
  });
});

describe("log records of the host", () => {
  afterEach(() => logs.disable());

  test("reach a provider that is registered after the gateway was made", () => {
    const capture = createContentCapture(settingsFor({ capture: "event" }));
    const scopes: (string | undefined)[] = [];
    const getLogger = (name: string) => {
      scopes.push(name);
      return { enabled: () => true, emit: (record: LogRecord) => void records.push(record) };
    };
    logs.setGlobalLoggerProvider({ getLogger });
    capture?.start(testRequest()).record(tracer.startSpan("chat test-model"), {});
    expect(scopes).toContain("@llm-gateway/core");
    expect(records.map(({ eventName }) => eventName)).toEqual(["gen_ai.client.inference.operation.details"]);
  });
});

describe("what was said", () => {
  test("leading system and developer messages are instructions, later ones part of the conversation", () => {
    const attributes = infer(
      {},
      {
        request: {
          messages: [
            { role: "system", parts: [{ type: "text", text: "Be brief." }] },
            { role: "developer", parts: [{ type: "text", text: "Be kind." }] },
            { role: "user", name: "jane", parts: [{ type: "text", text: "Hello" }] },
            { role: "system", parts: [{ type: "text", text: "It is late." }] },
          ],
        },
      },
    );
    expect(parsed(attributes["gen_ai.system_instructions"])).toEqual([
      { type: "text", content: "Be brief." },
      { type: "text", content: "Be kind." },
    ]);
    expect(parsed(attributes["gen_ai.input.messages"])).toEqual([
      { role: "user", name: "jane", parts: [{ type: "text", content: "Hello" }] },
      { role: "system", parts: [{ type: "text", content: "It is late." }] },
    ]);
  });

  test("a request of nothing but instructions has no conversation", () => {
    const attributes = infer(
      {},
      { request: { messages: [{ role: "system", parts: [{ type: "text", text: "Begin." }] }] }, events: [] },
    );
    expect(Object.keys(attributes)).toEqual(["gen_ai.system_instructions"]);
  });

  test("text, reasoning, refusals and what only its dialect knows", () => {
    const signature = { format: "anthropic-claude-v1", value: "canary" };
    expect(
      inputOf([
        { type: "text", text: "a" },
        { type: "reasoning", text: "b", signature },
        { type: "refusal", text: "c" },
        { type: "opaque", dialect: "anthropic-messages", value: { type: "server_tool_use", data: "canary" } },
      ]),
    ).toEqual([
      {
        role: "user",
        parts: [
          { type: "text", content: "a" },
          { type: "reasoning", content: "b" },
          { type: "refusal", content: "c" },
          { type: "opaque", dialect: "anthropic-messages" },
        ],
      },
    ]);
  });

  test("tool calls with their arguments parsed where they are short JSON", () => {
    const long = JSON.stringify({ text: "x".repeat(5000) });
    const call = (args: string, kind: "function" | "custom" = "function"): Part => ({
      type: "tool-call",
      kind,
      id: "call_1",
      name: "save",
      arguments: args,
    });
    expect(inputOf([call('{"a":[1]}'), call("{broken"), call(long), call('{"a":1}', "custom")])).toEqual([
      {
        role: "user",
        parts: [{ a: [1] }, "{broken", long, '{"a":1}'].map((args) => ({
          type: "tool_call",
          id: "call_1",
          name: "save",
          arguments: args,
        })),
      },
    ]);
  });

  test("arguments nested deeper than can be written", () => {
    const nested = `${"[".repeat(20_000)}${"]".repeat(20_000)}`;
    const parts: Part[] = [{ type: "tool-call", kind: "function", id: "1", name: "f", arguments: nested }];
    expect(infer({}, { request: { messages: [{ role: "assistant", parts }] } })["gen_ai.input.messages"]).toContain(
      "[[[[",
    );
    expect(complaints).toEqual([]);
  });

  test("tool results as text, or as parts where there is more", () => {
    const image: Part = { type: "image", source: { type: "url", url: "https://x.test/a.png" } };
    const result = (content: readonly Part[]): Part => ({ type: "tool-result", toolCallId: "call_1", content });
    expect(
      inputOf([
        result([
          { type: "text", text: "sun" },
          { type: "text", text: "ny" },
        ]),
        result([{ type: "text", text: "see" }, image]),
      ]),
    ).toMatchObject([
      {
        parts: [
          { type: "tool_call_response", id: "call_1", response: "sunny" },
          {
            type: "tool_call_response",
            id: "call_1",
            response: [
              { type: "text", content: "see" },
              { type: "uri", modality: "image", uri: "https://x.test/a.png" },
            ],
          },
        ],
      },
    ]);
  });

  test("media by reference, or by how many bytes there are", () => {
    const data = Buffer.from("12345").toString("base64");
    expect(
      inputOf([
        { type: "image", source: { type: "base64", mediaType: "image/png", data } },
        { type: "audio", source: { type: "base64", mediaType: "audio/wav", data } },
        { type: "file", source: { type: "file-id", fileId: "file-1" } },
        { type: "file", source: { type: "url", url: "https://x.test/a.mp4", mediaType: "video/mp4" } },
        { type: "file", source: { type: "text", text: "A document." } },
      ]),
    ).toEqual([
      {
        role: "user",
        parts: [
          { type: "blob", modality: "image", mime_type: "image/png", bytes: 5 },
          { type: "blob", modality: "audio", mime_type: "audio/wav", bytes: 5 },
          { type: "file", modality: "document", file_id: "file-1" },
          { type: "uri", modality: "video", mime_type: "video/mp4", uri: "https://x.test/a.mp4" },
          { type: "text", content: "A document." },
        ],
      },
    ]);
  });

  test("the tools that were offered", () => {
    const attributes = infer(
      {},
      {
        request: {
          tools: [
            { type: "function", name: "f", description: "Does it.", parameters: { type: "object" }, strict: true },
            { type: "custom", name: "c" },
            { type: "opaque", dialect: "anthropic-messages", value: { type: "web_search_20250305", name: "search" } },
            { type: "opaque", dialect: "openai-responses", value: { type: "file_search" } },
            { type: "opaque", dialect: "gemini", value: null },
          ],
        },
      },
    );
    expect(parsed(attributes["gen_ai.tool.definitions"])).toEqual([
      { type: "function", name: "f", description: "Does it.", parameters: { type: "object" } },
      { type: "custom", name: "c" },
      { type: "web_search_20250305", name: "search" },
      { type: "file_search", name: "file_search" },
      { type: "opaque", name: "opaque" },
    ]);
  });
});

describe("what was answered", () => {
  const outputOf = (events: readonly ChatEvent[], settings: Partial<ContentSettings> = {}): unknown =>
    parsed(infer(settings, { events })["gen_ai.output.messages"]);

  test("one message for each choice, in the convention's words", () => {
    expect(
      outputOf([
        { type: "reply-start", id: "answer-1" },
        { type: "reasoning-delta", choice: 0, text: "Hm." },
        say("So"),
        say(" it is."),
        { type: "tool-call-start", choice: 1, index: 0, id: "call_1", name: "save", kind: "function" },
        { type: "tool-call-delta", choice: 1, index: 0, arguments: '{"a":' },
        { type: "tool-call-delta", choice: 1, index: 0, arguments: "1}" },
        { type: "tool-call-end", choice: 1, index: 0 },
        { type: "reply-end", choice: 1, finishReason: "tool_calls" },
        { type: "usage", usage: { inputTokens: 1, outputTokens: 1 } },
        end,
      ]),
    ).toEqual([
      {
        role: "assistant",
        parts: [
          { type: "reasoning", content: "Hm." },
          { type: "text", content: "So it is." },
        ],
        finish_reason: "stop",
      },
      {
        role: "assistant",
        parts: [{ type: "tool_call", id: "call_1", name: "save", arguments: { a: 1 } }],
        finish_reason: "tool_call",
      },
    ]);
  });

  test("an answer cut short ends in an error", () => {
    expect(outputOf([say("Hel")])).toMatchObject([{ parts: [{ content: "Hel" }], finish_reason: "error" }]);
  });

  test("no answer, no attribute", () => {
    expect(infer({}, { events: [] })).not.toHaveProperty(["gen_ai.output.messages"]);
  });

  test("keeps of a long stream no more than can be told", () => {
    let seen = 0;
    const onContent = (_: Span, { output }: Content): void => {
      seen = JSON.stringify(output).length;
    };
    const events = Array.from({ length: 10_000 }, () => say("0123456789"));
    expect(outputOf([...events, end], { maxContentBytes: 1000, onContent })).toMatchObject([{ finish_reason: "stop" }]);
    expect(seen).toBeGreaterThan(1000);
    expect(seen).toBeLessThan(1200);
  });

  test("each attribute is held to the limit by itself", () => {
    const long = "ü".repeat(10_000);
    const attributes = infer(
      { maxContentBytes: 500 },
      {
        request: {
          messages: [
            { role: "system", parts: [{ type: "text", text: long }] },
            { role: "user", parts: [{ type: "text", text: long }] },
          ],
          tools: [{ type: "function", name: "f", description: long }],
        },
        events: [say(long), end],
      },
    );
    expect(Object.keys(attributes)).toHaveLength(4);
    for (const json of Object.values(attributes)) {
      expect(Buffer.byteLength(String(json))).toBeLessThanOrEqual(500);
      expect(JSON.stringify(parsed(json))).toContain("üü…");
    }
  });
});

describe("onContent", () => {
  test("sees content that nobody captures", () => {
    const seen: Content[] = [];
    const attributes = infer({
      capture: "none",
      onContent: (span, content) => {
        seen.push(content);
        span.setAttribute("content.uri", "s3://content/1");
      },
    });
    expect(attributes).toEqual({ "content.uri": "s3://content/1" });
    expect(seen).toEqual([
      {
        input: [{ role: "user", parts: [{ type: "text", content: "Hello" }] }],
        output: [{ role: "assistant", parts: [{ type: "text", content: "Hi" }], finish_reason: "stop" }],
      },
    ]);
    expect(records).toEqual([]);
  });

  test("leaves content as it is by returning nothing", () => {
    expect(infer({ onContent: () => undefined })).toHaveProperty(["gen_ai.input.messages"]);
  });

  test("rewrites content, in span and event alike, and leaves lists out", () => {
    const attributes = infer({
      capture: "both",
      onContent: () => ({ output: [{ role: "assistant", parts: [], finish_reason: "length" }] }),
    });
    expect(attributes).toEqual({
      "gen_ai.output.messages": '[{"role":"assistant","parts":[],"finish_reason":"length"}]',
    });
    expect(records[0]?.attributes).toEqual({
      "gen_ai.output.messages": [{ role: "assistant", parts: [], finish_reason: "length" }],
    });
  });

  test("what it writes is held to the limit as well", () => {
    const attributes = infer({
      maxContentBytes: 200,
      onContent: () => ({ system: [{ type: "text", content: "x".repeat(1000) }] }),
    });
    expect(String(attributes["gen_ai.system_instructions"]).length).toBeLessThanOrEqual(200);
  });

  test("drops everything with null", () => {
    expect(infer({ capture: "both", onContent: () => null })).toEqual({});
    expect(records).toEqual([]);
  });

  test.each<[string, ContentSettings["onContent"]]>([
    [
      "throws",
      () => {
        throw new Error("No room.");
      },
    ],
    ["rejects", () => Promise.reject(new Error("No room."))],
  ])("what it %s is logged and reaches nobody, and nothing is captured", async (_, onContent) => {
    expect(infer({ capture: "both", onContent })).toEqual({});
    await Promise.resolve();
    expect(records).toEqual([]);
    expect(complaints).toEqual([[expect.stringContaining("telemetry.onContent"), { error: new Error("No room.") }]]);
  });

  test("with a promise it has taken the content over", async () => {
    expect(infer({ capture: "both", onContent: () => Promise.resolve() })).toEqual({});
    await Promise.resolve();
    expect(records).toEqual([]);
    expect(complaints).toEqual([]);
  });

  test("what it returns may be anything, also what cannot be written", () => {
    // A host without types gets no help from the compiler.
    const onContent = (() => ({ input: [{ role: 1n }] })) as unknown as NonNullable<ContentSettings["onContent"]>;
    expect(infer({ onContent })).toEqual({});
    expect(complaints).toHaveLength(1);
  });
});

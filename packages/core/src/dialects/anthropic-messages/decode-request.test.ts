import { describe, expect, it } from "vitest";
import type { Json } from "../dialect.ts";
import { decodeRequest } from "./decode-request.ts";

const body = (more: Json = {}): Json => ({
  model: "claude-x",
  max_tokens: 10,
  messages: [{ role: "user", content: "Hi" }],
  ...more,
});

const dialect = "anthropic-messages";
const format = "anthropic-claude-v1";

describe("decodeRequest", () => {
  it("reads the shortest request", () => {
    expect(decodeRequest(body())).toEqual({
      dialect,
      model: "claude-x",
      stream: false,
      messages: [{ role: "user", parts: [{ type: "text", text: "Hi" }] }],
      maxOutputTokens: 10,
      includeUsage: true,
    });
  });

  it("reads every parameter it has a word for, and keeps the others", () => {
    const decoded = decodeRequest(
      body({
        stream: true,
        temperature: 0.5,
        top_p: 0.9,
        top_k: 3,
        stop_sequences: ["END"],
        thinking: { type: "enabled", budget_tokens: 2048, display: "omitted" },
        output_config: { effort: "high", format: { type: "json_schema", schema: { type: "object" } }, new: 1 },
        metadata: { user_id: "u1", other: "x" },
        service_tier: "standard_only",
        cache_control: { type: "ephemeral", ttl: "1h" },
        container: "c1",
      }),
    );
    expect(decoded).toMatchObject({
      stream: true,
      temperature: 0.5,
      topP: 0.9,
      topK: 3,
      stop: ["END"],
      reasoning: { enabled: true, budgetTokens: 2048, exclude: true, effort: "high" },
      outputFormat: { type: "json-schema", schema: { type: "object" } },
      user: "u1",
      serviceTier: "default",
      cacheHint: { ttl: "1h" },
    });
    expect(decoded.extras).toEqual({
      container: "c1",
      output_config: { new: 1 },
      metadata: { other: "x" },
    });
  });

  it.each([
    [{ type: "adaptive" }, { adaptive: true }],
    [
      { type: "adaptive", display: "summarized" },
      { adaptive: true, exclude: false },
    ],
    [
      { type: "enabled", budget_tokens: 2048 },
      { enabled: true, budgetTokens: 2048, exclude: false },
    ],
    [{ type: "disabled" }, { enabled: false }],
    [{ type: "between_tools" }, undefined],
  ])("reads thinking %j", (thinking, expected) => {
    expect(decodeRequest(body({ thinking })).reasoning).toEqual(expected);
  });

  it("keeps a kind of thinking it does not know", () => {
    expect(decodeRequest(body({ thinking: { type: "between_tools" } })).extras).toEqual({
      thinking: { type: "between_tools" },
    });
  });

  it("reads system as a text or as blocks with cache markers", () => {
    const systemOf = (system: unknown) => decodeRequest(body({ system })).messages[0];
    expect(systemOf("Be brief.")).toEqual({ role: "system", parts: [{ type: "text", text: "Be brief." }] });
    const blocks = [{ type: "text", text: "a", cache_control: { type: "ephemeral" } }];
    expect(systemOf(blocks)).toEqual({ role: "system", parts: [{ type: "text", text: "a", cacheHint: {} }] });
    expect(systemOf([])).toMatchObject({ role: "user" });
  });

  it("takes tool results out of a user turn, before the rest of it", () => {
    const content = [
      { type: "text", text: "and" },
      { type: "tool_result", tool_use_id: "a", content: "1", is_error: true },
      {
        type: "tool_result",
        tool_use_id: "b",
        content: [{ type: "text", text: "2" }],
        cache_control: { type: "ephemeral" },
      },
      { type: "tool_result", tool_use_id: "c" },
    ];
    expect(decodeRequest(body({ messages: [{ role: "user", content }] })).messages).toEqual([
      {
        role: "tool",
        parts: [
          { type: "tool-result", toolCallId: "a", content: [{ type: "text", text: "1" }], isError: true },
          { type: "tool-result", toolCallId: "b", content: [{ type: "text", text: "2" }], cacheHint: {} },
          { type: "tool-result", toolCallId: "c", content: [] },
        ],
      },
      { role: "user", parts: [{ type: "text", text: "and" }] },
    ]);
  });

  it("reads the blocks of an assistant turn in their order", () => {
    const citation = { type: "char_location", cited_text: "c", document_title: "t" };
    const server = { type: "server_tool_use", id: "s", name: "web_search", input: {} };
    const content = [
      { type: "thinking", thinking: "hm", signature: "sig" },
      { type: "thinking", thinking: "foreign", signature: "" },
      { type: "redacted_thinking", data: "d" },
      server,
      { type: "text", text: "a", citations: [citation] },
      { type: "tool_use", id: "t1", name: "f", input: { x: 1 }, caller: { type: "direct" } },
    ];
    expect(decodeRequest(body({ messages: [{ role: "assistant", content }] })).messages[0]?.parts).toEqual([
      { type: "reasoning", text: "hm", signature: { format, value: "sig" } },
      { type: "reasoning", text: "foreign" },
      { type: "reasoning", text: "", encrypted: { format, value: "d" } },
      { type: "opaque", dialect, value: server },
      {
        type: "text",
        text: "a",
        citations: [{ title: "t", citedText: "c", raw: { dialect, value: citation } }],
      },
      {
        type: "tool-call",
        kind: "function",
        id: "t1",
        name: "f",
        arguments: '{"x":1}',
        extras: { caller: { type: "direct" } },
      },
    ]);
  });

  it("reads images and documents by their source", () => {
    const content = [
      { type: "image", source: { type: "url", url: "https://a.example" } },
      { type: "image", source: { type: "base64", media_type: "image/png", data: "AA==" } },
      { type: "document", source: { type: "file", file_id: "f1" }, title: "t", citations: { enabled: true } },
      { type: "document", source: { type: "text", media_type: "text/plain", data: "x" }, context: "c" },
      { type: "document", source: { type: "content", content: [] } },
    ];
    expect(decodeRequest(body({ messages: [{ role: "user", content }] })).messages[0]?.parts).toEqual([
      { type: "image", source: { type: "url", url: "https://a.example" } },
      { type: "image", source: { type: "base64", mediaType: "image/png", data: "AA==" } },
      { type: "file", source: { type: "file-id", fileId: "f1" }, title: "t", citations: true },
      { type: "file", source: { type: "text", text: "x", mediaType: "text/plain" }, context: "c" },
      { type: "opaque", dialect, value: content[4] },
    ]);
  });

  it("reads tools of the client's own and keeps Anthropic's as they are", () => {
    const search = { type: "web_search_20250305", name: "web_search", max_uses: 3 };
    const own = { name: "f", description: "d", input_schema: { type: "object" }, strict: true, defer_loading: true };
    expect(decodeRequest(body({ tools: [own, search] })).tools).toEqual([
      {
        type: "function",
        name: "f",
        description: "d",
        parameters: { type: "object" },
        strict: true,
        extras: { defer_loading: true },
      },
      { type: "opaque", dialect, value: search, search: { maxUses: 3 } },
    ]);
  });

  it.each([
    [
      { type: "auto", disable_parallel_tool_use: true },
      { toolChoice: { type: "auto" }, parallelToolCalls: false },
    ],
    [{ type: "any" }, { toolChoice: { type: "required" } }],
    [{ type: "tool", name: "f" }, { toolChoice: { type: "tool", name: "f" } }],
    [{ type: "none" }, { toolChoice: { type: "none" } }],
  ])("reads tool choice %j", (choice, expected) => {
    expect(decodeRequest(body({ tool_choice: choice }))).toMatchObject(expected);
  });

  it.each([
    ["model", { model: undefined }],
    ["model", { model: "" }],
    ["max_tokens", { max_tokens: undefined }],
    ["max_tokens", { max_tokens: 1.5 }],
    ["messages", { messages: undefined }],
    ["messages", { messages: [] }],
    ["messages[0]", { messages: ["Hi"] }],
    ["messages[0].role", { messages: [{ role: "tool", content: "x" }] }],
    ["messages[0].content", { messages: [{ role: "user" }] }],
    ["messages[0].content[0]", { messages: [{ role: "user", content: ["x"] }] }],
    ["messages[0].content[0].type", { messages: [{ role: "user", content: [{ text: "x" }] }] }],
    ["messages[0].content[0].text", { messages: [{ role: "user", content: [{ type: "text", text: 1 }] }] }],
    [
      "messages[0].content[0].source.data",
      {
        messages: [{ role: "user", content: [{ type: "image", source: { type: "base64", media_type: "image/png" } }] }],
      },
    ],
    ["tools[0].name", { tools: [{ input_schema: {} }] }],
    ["tool_choice.type", { tool_choice: { type: "some" } }],
    ["output_config.format.type", { output_config: { format: { type: "yaml" } } }],
    ["temperature", { temperature: "hot" }],
  ])("refuses a bad %s", (param, more) => {
    expect(() => decodeRequest(body(more))).toThrow(expect.objectContaining({ code: "invalid_value", param }));
  });

  it("is not led astray by names of the prototype", () => {
    const decoded = decodeRequest({ ...JSON.parse('{"__proto__":{"polluted":true},"constructor":1}'), ...body() });
    expect(Object.getPrototypeOf(decoded)).toBe(Object.prototype);
    expect(Object.keys(decoded.extras ?? {}).toSorted()).toEqual(["__proto__", "constructor"]);
    expect("polluted" in {}).toBe(false);
  });
});

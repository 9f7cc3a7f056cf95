import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Part } from "../../chat/message.ts";
import { GatewayError } from "../../errors.ts";
import { decodeRequest } from "./decode-request.ts";

const ask = { model: "m", messages: [{ role: "user", content: "hi" }] };
const assistantParts = (message: object): readonly Part[] =>
  decodeRequest({ ...ask, messages: [{ role: "assistant", ...message }] }).messages[0]?.parts ?? [];
const userParts = (...content: unknown[]): readonly Part[] =>
  decodeRequest({ ...ask, messages: [{ role: "user", content }] }).messages[0]?.parts ?? [];
const call = (id: string, more: object = {}) => ({
  id,
  type: "function",
  function: { name: "f", arguments: "{}" },
  ...more,
});

/** What an action throws; a gateway error also where it throws nothing, as both are fine with most questions. */
const thrownBy = (action: () => unknown): unknown => {
  try {
    action();
  } catch (error) {
    return error;
  }
  return new GatewayError("internal_error", "nothing was thrown");
};
const errorOf = (body: object): GatewayError => {
  const error = thrownBy(() => decodeRequest(body as Record<string, unknown>));
  if (GatewayError.is(error)) return error;
  throw error;
};

describe("decodeRequest", () => {
  it("reads every parameter the vocabulary has a word for, and keeps the rest", () => {
    const request = decodeRequest({
      ...ask,
      stream: true,
      stream_options: { include_usage: true, include_obfuscation: false },
      max_completion_tokens: 10,
      max_tokens: 20,
      temperature: 0,
      top_p: 1,
      top_k: 5,
      frequency_penalty: -2,
      presence_penalty: 2,
      seed: -1,
      stop: "END",
      n: 130,
      logprobs: true,
      top_logprobs: 0,
      logit_bias: { "1": -100 },
      response_format: { type: "json_schema", json_schema: { name: "s", schema: { b: 1, a: 2 }, strict: true } },
      reasoning_effort: "high",
      verbosity: "low",
      modalities: ["text"],
      audio: { voice: "x" },
      service_tier: "flex",
      prompt_cache_key: "k",
      user: "u",
      metadata: { a: "b" },
      parallel_tool_calls: false,
      store: false,
      brand_new: { nested: [1] },
    });
    expect(request).toEqual({
      dialect: "openai-chat",
      model: "m",
      stream: true,
      messages: [{ role: "user", parts: [{ type: "text", text: "hi" }] }],
      parallelToolCalls: false,
      maxOutputTokens: 10,
      temperature: 0,
      topP: 1,
      topK: 5,
      frequencyPenalty: -2,
      presencePenalty: 2,
      seed: -1,
      stop: ["END"],
      choiceCount: 130,
      logprobs: true,
      topLogprobs: 0,
      logitBias: { "1": -100 },
      outputFormat: { type: "json-schema", name: "s", schema: { b: 1, a: 2 }, strict: true },
      reasoning: { effort: "high" },
      verbosity: "low",
      modalities: ["text"],
      audio: { voice: "x" },
      serviceTier: "flex",
      cacheKey: "k",
      user: "u",
      metadata: { a: "b" },
      includeUsage: true,
      extras: { store: false, brand_new: { nested: [1] }, stream_options: { include_obfuscation: false } },
    });
  });

  it("takes null for absent", () => {
    expect(
      decodeRequest({ ...ask, stop: null, tools: null, response_format: null, max_tokens: null, n: null }),
    ).toEqual(decodeRequest(ask));
  });

  it.each([
    [{}, "model"],
    [{ ...ask, model: "" }, "model"],
    [{ model: "m" }, "messages"],
    [{ model: "m", messages: [] }, "messages"],
    [{ ...ask, messages: ["hi"] }, "messages[0]"],
    [{ ...ask, messages: [{ content: "hi" }] }, "messages[0].role"],
    [{ ...ask, messages: [{ role: "robot", content: "hi" }] }, "messages[0].role"],
    [{ ...ask, messages: [{ role: "user" }] }, "messages[0].content"],
    [{ ...ask, messages: [{ role: "user", content: 1 }] }, "messages[0].content"],
    [{ ...ask, messages: [{ role: "user", content: [{ text: "hi" }] }] }, "messages[0].content[0].type"],
    [
      { ...ask, messages: [{ role: "user", content: [{ type: "image_url", image_url: {} }] }] },
      "messages[0].content[0].image_url.url",
    ],
    [{ ...ask, messages: [{ role: "user", content: [{ type: "file", file: {} }] }] }, "messages[0].content[0].file"],
    [{ ...ask, messages: [{ role: "tool", content: "x" }] }, "messages[0].tool_call_id"],
    [{ ...ask, messages: [{ role: "assistant", tool_calls: [{ function: {} }] }] }, "messages[0].tool_calls[0].id"],
    [{ ...ask, temperature: "warm" }, "temperature"],
    [{ ...ask, temperature: 2.1 }, "temperature"],
    [{ ...ask, max_tokens: 0 }, "max_tokens"],
    [{ ...ask, max_tokens: 1.5 }, "max_tokens"],
    [{ ...ask, n: 0 }, "n"],
    [{ ...ask, stop: [1] }, "stop"],
    [{ ...ask, stream: "yes" }, "stream"],
    [{ ...ask, metadata: { a: 1 } }, "metadata.a"],
    [{ ...ask, logit_bias: { "5": null } }, "logit_bias.5"],
    [{ ...ask, tools: [{ type: "function", function: {} }] }, "tools[0].function.name"],
    [{ ...ask, tool_choice: "sometimes" }, "tool_choice"],
    [
      { ...ask, tool_choice: { type: "allowed_tools", allowed_tools: { mode: "x", tools: [] } } },
      "tool_choice.allowed_tools.mode",
    ],
    [{ ...ask, response_format: { type: "json_schema" } }, "response_format.json_schema"],
    [{ ...ask, reasoning: { max_tokens: "1" } }, "reasoning.max_tokens"],
    [{ ...ask, provider: { sort: "throughput" } }, "provider.sort"],
    [{ ...ask, provider: { max_price: { request: 1 } } }, "provider.max_price.request"],
    [{ ...ask, provider: { max_price: { prompt: -1 } } }, "provider.max_price.prompt"],
    [{ ...ask, provider: { data_collection: "deny" } }, "provider.data_collection"],
    [{ ...ask, provider: { zdr: true } }, "provider.zdr"],
    [{ ...ask, provider: { quantizations: ["int4"] } }, "provider.quantizations"],
  ])("refuses %j and names the field", (body, param) => {
    expect(errorOf(body)).toMatchObject({ code: "invalid_value", status: 400, param });
  });

  it.each(["api_base", "api_key", "base_url", "headers", "organization", "custom_llm_provider", "extra_headers"])(
    "lets no client choose `%s`",
    (name) => {
      expect(errorOf({ ...ask, [name]: null })).toMatchObject({ code: "invalid_value", param: name });
      expect(errorOf({ ...ask, [name]: "x" }).message).toContain("can not be chosen by clients");
    },
  );

  it("reads OpenRouter's preferences in our words", () => {
    const request = decodeRequest({
      ...ask,
      models: ["m", "b", "c"],
      provider: {
        order: ["x"],
        only: ["x", "y"],
        ignore: ["z"],
        sort: "price",
        max_price: { prompt: 0.55, completion: "2" },
        allow_fallbacks: false,
        require_parameters: true,
        data_collection: "allow",
        zdr: false,
      },
      reasoning: { max_tokens: 2000, exclude: true, enabled: true },
      usage: { include: true },
      route: "fallback",
    });
    expect(request.routing).toEqual({
      fallbackModels: ["b", "c"],
      order: ["x"],
      only: ["x", "y"],
      ignore: ["z"],
      sort: "price",
      maxPrice: { input: 550, output: 2000 },
      allowFallbacks: false,
      requireParameters: true,
    });
    expect(request.reasoning).toEqual({ budgetTokens: 2000, exclude: true, enabled: true });
    expect(request).toMatchObject({ includeUsage: true, includeCost: true });
    expect(request.extras).toBeUndefined();
  });

  it("takes the first of `models` where there is no `model`", () => {
    const request = decodeRequest({ models: ["a", "b"], messages: ask.messages });
    expect(request).toMatchObject({ model: "a", routing: { fallbackModels: ["b"] } });
  });

  it("reads content parts, their cache marks and what it does not know of them", () => {
    expect(
      userParts(
        { type: "text", text: "a", cache_control: { type: "ephemeral", ttl: "1h" } },
        { type: "text", text: "b", prompt_cache_breakpoint: { mode: "explicit", ttl: "30m" } },
        { type: "image_url", image_url: { url: "https://x/y.png", detail: "low", hue: 1 }, more: 2 },
        { type: "image_url", image_url: "data:image/PNG;base64,AAAA" },
        { type: "input_audio", input_audio: { data: "AAAA", format: "mp3" } },
        { type: "file", file: { file_id: "f1" } },
        { type: "file", file: { filename: "a.pdf", file_data: "data:application/pdf;base64,AAAA" } },
        { type: "video_url", video_url: { url: "https://x" } },
      ),
    ).toEqual([
      { type: "text", text: "a", cacheHint: { ttl: "1h" } },
      {
        type: "text",
        text: "b",
        cacheHint: { ttl: "30m" },
        extras: { prompt_cache_breakpoint: { mode: "explicit", ttl: "30m" } },
      },
      {
        type: "image",
        source: { type: "url", url: "https://x/y.png" },
        detail: "low",
        extras: { more: 2, image_url: { hue: 1 } },
      },
      { type: "image", source: { type: "base64", mediaType: "image/png", data: "AAAA" } },
      { type: "audio", source: { type: "base64", mediaType: "audio/mpeg", data: "AAAA" } },
      { type: "file", source: { type: "file-id", fileId: "f1" } },
      { type: "file", source: { type: "base64", mediaType: "application/pdf", data: "AAAA" }, filename: "a.pdf" },
      { type: "opaque", dialect: "openai-chat", value: { type: "video_url", video_url: { url: "https://x" } } },
    ]);
  });

  it("reads tools of every kind", () => {
    const { tools } = decodeRequest({
      ...ask,
      tools: [
        {
          type: "function",
          function: { name: "f", description: "d", parameters: { z: 1, a: 2 }, strict: true, x: 1 },
          y: 2,
        },
        { type: "custom", custom: { name: "c", format: { type: "text" } } },
        { type: "web_search" },
      ],
      functions: [{ name: "old" }],
    });
    expect(tools).toEqual([
      {
        type: "function",
        name: "f",
        description: "d",
        parameters: { z: 1, a: 2 },
        strict: true,
        extras: { y: 2, function: { x: 1 } },
      },
      { type: "custom", name: "c", format: { type: "text" } },
      { type: "opaque", dialect: "openai-chat", value: { type: "web_search" } },
      { type: "function", name: "old" },
    ]);
  });

  it.each([
    ["auto", { type: "auto" }],
    ["none", { type: "none" }],
    ["required", { type: "required" }],
    ["any", { type: "required" }],
    [
      { type: "function", function: { name: "f" } },
      { type: "tool", name: "f", kind: "function" },
    ],
    [
      { type: "custom", custom: { name: "c" } },
      { type: "tool", name: "c", kind: "custom" },
    ],
    [
      {
        type: "allowed_tools",
        allowed_tools: { mode: "auto", tools: [{ type: "function", function: { name: "f" } }] },
      },
      { type: "allowed", mode: "auto", names: ["f"] },
    ],
  ])("reads the tool choice %j", (tool_choice, expected) => {
    expect(decodeRequest({ ...ask, tool_choice }).toolChoice).toEqual(expected);
  });

  it("keeps choices and formats of kinds it does not know for servers that do", () => {
    const request = decodeRequest({
      ...ask,
      tool_choice: { type: "mcp" },
      response_format: { type: "grammar", grammar: "g" },
    });
    expect(request.extras).toEqual({
      tool_choice: { type: "mcp" },
      response_format: { type: "grammar", grammar: "g" },
    });
    expect(request.toolChoice).toBeUndefined();
  });

  it("gives deprecated function calls and their results ids that match and repeat in no other turn", () => {
    const { messages } = decodeRequest({
      ...ask,
      messages: [
        { role: "assistant", content: null, function_call: { name: "f", arguments: "1" } },
        { role: "function", name: "f", content: "one" },
        { role: "assistant", content: null, function_call: { name: "f", arguments: "2" } },
        { role: "function", name: "f", content: "two" },
      ],
    });
    const ids = messages.flatMap(({ parts }) =>
      parts.map((part) => (part.type === "tool-call" ? part.id : part.type === "tool-result" ? part.toolCallId : "")),
    );
    expect(ids[0]).toBe(ids[1]);
    expect(ids[2]).toBe(ids[3]);
    expect(ids[0]).not.toBe(ids[2]);
  });

  describe("an assistant's reasoning", () => {
    const thought = { type: "reasoning", text: "t" };

    it.each(["reasoning_content", "reasoning"])("is read from `%s`, before the text", (name) => {
      expect(assistantParts({ content: "x", [name]: "t" })).toEqual([thought, { type: "text", text: "x" }]);
    });

    it("is read from `thinking_blocks` with its proofs", () => {
      const thinking_blocks = [
        { type: "thinking", thinking: "t", signature: "s" },
        { type: "redacted_thinking", data: "d" },
      ];
      expect(assistantParts({ content: null, thinking_blocks, reasoning_content: "t" })).toEqual([
        { ...thought, signature: { format: "anthropic-claude-v1", value: "s" } },
        { type: "reasoning", text: "", encrypted: { format: "anthropic-claude-v1", value: "d" } },
      ]);
    });

    it("is read from `reasoning_details` before all other fields, in its place among the calls", () => {
      const parts = assistantParts({
        content: "x",
        reasoning_content: "not this",
        reasoning_details: [
          { type: "reasoning.text", text: "one", signature: "s1", format: "anthropic-claude-v1", index: 0 },
          { type: "reasoning.summary", summary: "two", format: "openai-responses-v1", id: "rs", index: 3 },
          { type: "reasoning.encrypted", data: "enc", format: "openai-responses-v1", id: "rs", index: 3 },
        ],
        tool_calls: [call("a"), call("b")],
      });
      expect(parts).toMatchObject([
        { type: "reasoning", text: "one", signature: { format: "anthropic-claude-v1", value: "s1" } },
        { type: "text", text: "x" },
        { type: "tool-call", id: "a" },
        {
          type: "reasoning",
          text: "two",
          summary: true,
          id: "rs",
          encrypted: { format: "openai-responses-v1", value: "enc" },
        },
        { type: "tool-call", id: "b" },
      ]);
    });

    it("is put together where a client kept the pieces of a stream", () => {
      const reasoning_details = [
        { type: "reasoning.text", text: "a", index: 0 },
        { type: "reasoning.text", text: "b", index: 0 },
        { type: "reasoning.text", signature: "s", format: "f", index: 0 },
        { type: "reasoning.text", text: "c", index: 0 },
      ];
      expect(assistantParts({ content: null, reasoning_details })).toEqual([
        { type: "reasoning", text: "ab", signature: { format: "f", value: "s" } },
        { type: "reasoning", text: "c" },
      ]);
    });

    it("gives its proof to the tool call it belongs to", () => {
      const signed = { type: "tool-call", id: "a", signature: { format: "google-gemini-v1", value: "sig" } };
      const reasoning_details = [{ type: "reasoning.encrypted", data: "sig", id: "a", format: "google-gemini-v1" }];
      expect(assistantParts({ reasoning_details, tool_calls: [call("a"), call("b")] })).toMatchObject([
        signed,
        { id: "b" },
      ]);
      const extra_content = { google: { thought_signature: "sig" } };
      const [part] = assistantParts({ tool_calls: [call("a", { extra_content })] });
      expect(part).toMatchObject(signed);
      expect(part?.extras).toBeUndefined();
    });

    it("keeps details of kinds it does not know", () => {
      const value = { type: "reasoning.server_tool_call", name: "x" };
      expect(assistantParts({ content: "x", reasoning_details: [value] })).toEqual([
        { type: "opaque", dialect: "openai-chat", value },
        { type: "text", text: "x" },
      ]);
    });
  });

  it("keeps a field called __proto__ a field", () => {
    const request = decodeRequest(
      JSON.parse(`{"model":"m","messages":[{"role":"user","content":"x"}],"__proto__":{"polluted":1}}`),
    );
    expect(Object.hasOwn(request.extras ?? {}, "__proto__")).toBe(true);
    expect("polluted" in (request.extras ?? {})).toBe(false);
  });

  it("throws nothing but refusals, whatever it is given, and changes nothing", () => {
    const names = fc.constantFrom(
      "role",
      "content",
      "type",
      "tool_calls",
      "function",
      "reasoning_details",
      "provider",
      "id",
      "name",
    );
    const { tree } = fc.letrec((tie) => ({
      tree: fc.oneof(
        { depthSize: "small" },
        fc.string(),
        fc.integer(),
        fc.constant(null),
        fc.constant("assistant"),
        fc.array(tie("tree")),
        fc.dictionary(names, tie("tree")),
      ),
    }));
    fc.assert(
      fc.property(fc.array(tree), tree, tree, (messages, tools, provider) => {
        const body = { model: "m", messages, tools, provider };
        const before = JSON.stringify(body);
        expect(GatewayError.is(thrownBy(() => decodeRequest(body)))).toBe(true);
        expect(JSON.stringify(body)).toBe(before);
      }),
    );
  });
});

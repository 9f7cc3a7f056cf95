import { describe, expect, it } from "vitest";
import { rememberSource, type ChatRequest } from "../../chat/request.ts";
import { GatewayError } from "../../errors.ts";
import type { BackTarget } from "../dialect.ts";
import type { Quirks } from "../quirks.ts";
import { decodeRequest } from "./decode-request.ts";
import { encodeRequest } from "./encode-request.ts";

const target = (quirks: Quirks = {}, more: Partial<BackTarget> = {}): BackTarget => ({
  provider: "p",
  model: "new",
  quirks,
  ...more,
});

/** What is sent for a body as the client wrote it. */
const forward = (text: string, quirks: Quirks = {}): string => {
  const body = JSON.parse(text);
  const request = decodeRequest(body);
  rememberSource(request, { dialect: "openai-chat", bytes: Buffer.from(text), body });
  return Buffer.from(encodeRequest(request, target(quirks)).body).toString();
};

const ask = { model: "old", messages: [{ role: "user", content: "hi" }] };
const base: ChatRequest = {
  dialect: "other",
  model: "old",
  stream: false,
  messages: [{ role: "user", parts: [{ type: "text", text: "hi" }] }],
};
const write = (request: Partial<ChatRequest>, quirks: Quirks = {}, more: Partial<BackTarget> = {}) => {
  const { path, body, dropped } = encodeRequest({ ...base, ...request }, target(quirks, more));
  return { path, body: JSON.parse(String(body)), dropped };
};
const rewrite = (body: object, quirks: Quirks = {}) => write(decodeRequest({ ...ask, ...body }), quirks);
const refusal = (action: () => unknown): GatewayError => {
  try {
    action();
  } catch (error) {
    if (GatewayError.is(error)) return error;
  }
  throw new Error("nothing was refused");
};

const tool = { type: "function" as const, name: "f" };
const call = { type: "tool-call" as const, kind: "function" as const, id: "call_abc", name: "f", arguments: "" };

describe("a body nobody changed", () => {
  it("is sent byte for byte but for the model", () => {
    const text = `{ "unknown": 1.0, "model" : "old",\n "messages":[{"role":"user","content":"\\u00fc model"}]}`;
    expect(forward(text)).toBe(text.replace('"old"', '"new"'));
  });

  it("asks for usage where it streams and did not", () => {
    const text = `{"model":"old","stream":true,"messages":[{"role":"user","content":"x"}]}`;
    expect(forward(text)).toBe(`{"stream_options":{"include_usage":true},${text.slice(1).replace('"old"', '"new"')}`);
    expect(forward(text, { streamUsage: "refused" })).toBe(text.replace('"old"', '"new"'));
    const asked = text.replace("{", '{"stream_options":{"include_usage":true},');
    expect(forward(asked)).toBe(asked.replace('"old"', '"new"'));
  });

  it("keeps its other stream options", () => {
    const text = JSON.stringify({ ...ask, stream: true, stream_options: { include_obfuscation: false } });
    expect(JSON.parse(forward(text)).stream_options).toEqual({ include_obfuscation: false, include_usage: true });
    expect(JSON.parse(forward(text, { streamUsage: "refused" })).stream_options).toBeUndefined();
  });

  it("loses what was said to the gateway, unless the server is one itself", () => {
    const text = JSON.stringify({
      ...ask,
      models: ["x"],
      provider: { order: ["p"] },
      usage: { include: true },
      route: "fallback",
      other: 1,
    });
    expect(JSON.parse(forward(text))).toEqual({ ...ask, model: "new", other: 1 });
    expect(forward(text, { openrouterExtensions: true })).toBe(text.replace('"old"', '"new"'));
  });

  it("gets the field for the limit that the server knows", () => {
    const text = JSON.stringify({ ...ask, max_tokens: 5, store: true });
    expect(JSON.parse(forward(text, { maxTokensField: "max_completion_tokens" }))).toEqual({
      ...ask,
      model: "new",
      max_completion_tokens: 5,
      store: true,
    });
  });

  it("keeps the field for the limit where the server knows both, whatever else changes", () => {
    const text = JSON.stringify({ ...ask, max_tokens: 5 });
    expect(forward(text, { maxTokensField: "either" })).toBe(text.replace('"old"', '"new"'));
    const stripped = JSON.stringify({ ...ask, max_tokens: 5, models: ["x"] });
    expect(JSON.parse(forward(stripped, { maxTokensField: "either" }))).toEqual({
      ...ask,
      model: "new",
      max_tokens: 5,
    });
  });

  it("asks for the chosen model however the client hides another", () => {
    for (const text of [
      `{"mod\\u0065l":"old","metadata":{"model":"old"},"messages":[{"role":"user","content":"x"}]}`,
      `{"model":"old","messages":[{"role":"user","content":"x"}],"model":"old"}`,
    ]) {
      const sent = JSON.parse(forward(text));
      expect(sent.model).toBe("new");
      expect(forward(text).match(/"mod(e|\\u0065)l":"new"/g)).toHaveLength(1);
    }
  });

  it.each<[string, object, Quirks]>([
    ["a role", { messages: [{ role: "developer", content: "x" }] }, {}],
    [
      "content parts",
      { messages: [{ role: "user", content: [{ type: "text", text: "x" }] }] },
      { stringContent: true },
    ],
    ["a name", { messages: [{ role: "user", name: "n", content: "x" }] }, { messageName: false }],
    [
      "another family's proof",
      { messages: [{ role: "assistant", content: "x", reasoning_details: [{ type: "reasoning.text", text: "t" }] }] },
      { reasoningField: "reasoning_content" },
    ],
    [
      "a cache mark",
      { messages: [{ role: "user", content: [{ type: "text", text: "x", cache_control: { type: "ephemeral" } }] }] },
      {},
    ],
    ["a null", { stop: null }, { noNullFields: true }],
    ["a parameter", { logit_bias: { "1": 1 } }, { unsupported: ["logit_bias"] }],
  ])("is written anew where the server would stumble over %s", (_, change, quirks) => {
    const text = JSON.stringify({ ...ask, ...change });
    expect(JSON.parse(forward(text, quirks))).not.toEqual({ ...JSON.parse(text), model: "new" });
    expect(JSON.parse(forward(text, quirks)).model).toBe("new");
  });

  it("is not sent to the server for a request that a stage replaced", () => {
    const body = { ...ask, temperature: 1 };
    const request = decodeRequest(body);
    rememberSource(request, { dialect: "openai-chat", bytes: Buffer.from(JSON.stringify(body)), body });
    const changed = encodeRequest({ ...request, temperature: 0 }, target());
    expect(JSON.parse(String(changed.body)).temperature).toBe(0);
  });
});

describe("a request written anew", () => {
  it("goes to the chat path with what was asked", () => {
    const { path, body, dropped } = write({
      stream: true,
      maxOutputTokens: 9,
      stop: ["a"],
      choiceCount: 2,
      tools: [tool],
      toolChoice: { type: "tool", name: "f" },
      outputFormat: { type: "json-schema", schema: { b: 1, a: 2 } },
      user: "u",
    });
    expect(path).toBe("/chat/completions");
    expect(dropped).toEqual([]);
    expect(body).toEqual({
      model: "new",
      messages: [{ role: "user", content: "hi" }],
      stream: true,
      stream_options: { include_usage: true },
      tools: [{ type: "function", function: { name: "f", parameters: { type: "object", properties: {} } } }],
      tool_choice: { type: "function", function: { name: "f" } },
      max_tokens: 9,
      stop: ["a"],
      n: 2,
      response_format: { type: "json_schema", json_schema: { name: "response", schema: { b: 1, a: 2 } } },
      user: "u",
    });
  });

  it("keeps this dialect's unknown fields at their level, and names another's as dropped", () => {
    const own = rewrite({
      messages: [{ role: "user", content: [{ type: "text", text: "x", new_mark: 1 }], mood: "good" }],
      tools: [{ type: "function", function: { name: "f", parameters: {}, hint: 1 }, defer: true }],
      brand_new: 1,
    });
    expect(own.body).toMatchObject({
      messages: [{ role: "user", content: [{ type: "text", text: "x", new_mark: 1 }], mood: "good" }],
      tools: [{ type: "function", function: { name: "f", parameters: {}, hint: 1 }, defer: true }],
      brand_new: 1,
    });
    const foreign = write({ extras: { container: "c" }, messages: [{ role: "user", parts: [], extras: { mark: 1 } }] });
    expect(foreign.dropped).toEqual(["messages[].mark", "container"]);
    expect(foreign.body).not.toHaveProperty("container");
  });

  it("leaves system messages in their place", () => {
    const messages = [
      { role: "system", content: "a" },
      { role: "user", content: "b" },
      { role: "developer", content: "c" },
    ];
    expect(rewrite({ messages }).body.messages).toEqual([...messages.slice(0, 2), { role: "system", content: "c" }]);
    expect(rewrite({ messages }, { developerRole: true }).body.messages).toEqual(messages);
  });

  it("drops knobs a server lacks, and refuses what would change the answer", () => {
    const quirks: Quirks = { unsupported: ["seed", "n", "logprobs", "stop"] };
    expect(write({ seed: 1, choiceCount: 1, logprobs: false }, quirks)).toMatchObject({ dropped: ["seed"] });
    expect(refusal(() => write({ choiceCount: 2 }, quirks))).toMatchObject({
      code: "unsupported_parameter",
      param: "n",
    });
    expect(refusal(() => write({ stop: ["x"] }, quirks))).toMatchObject({ param: "stop" });
    expect(refusal(() => write({ seed: 1 }, quirks, { unsupported: "refuse" }))).toMatchObject({ param: "seed" });
    expect(write({ choiceCount: 2, seed: 1 }, quirks, { unsupported: "drop" }).dropped).toEqual(["seed", "n"]);
  });

  it("lowers the temperature and renames the seed where the server wants it so", () => {
    const { body } = write({ temperature: 1.7, seed: 3 }, { maxTemperature: 1, seedField: "random_seed" });
    expect(body).toMatchObject({ temperature: 1, random_seed: 3 });
    expect(body).not.toHaveProperty("seed");
  });

  it("says which tool to call in the server's way", () => {
    const tools = [tool, { type: "function" as const, name: "g" }];
    const choose = (toolChoice: NonNullable<ChatRequest["toolChoice"]>, quirks: Quirks) => {
      const { body } = write({ tools, toolChoice }, quirks);
      return [body.tool_choice, body.tools?.map((one: { function: { name: string } }) => one.function.name)];
    };
    expect(choose({ type: "required" }, { requiredToolChoice: "any" })).toEqual(["any", ["f", "g"]]);
    expect(choose({ type: "tool", name: "g" }, { namedToolChoice: false })).toEqual(["required", ["g"]]);
    expect(choose({ type: "allowed", mode: "auto", names: ["g"] }, {})).toEqual(["auto", ["g"]]);
    expect(choose({ type: "allowed", mode: "auto", names: ["g"] }, { allowedTools: true })).toEqual([
      {
        type: "allowed_tools",
        allowed_tools: { mode: "auto", tools: [{ type: "function", function: { name: "g" } }] },
      },
      ["f", "g"],
    ]);
    expect(choose({ type: "none" }, { unsupported: ["tool_choice"] })).toEqual([undefined, undefined]);
    expect(choose({ type: "auto" }, { unsupported: ["tool_choice"] })).toEqual([undefined, ["f", "g"]]);
    expect(refusal(() => choose({ type: "required" }, { requiredToolChoice: "refused" })).param).toBe("tool_choice");
  });

  it("refuses a tool that another provider would run", () => {
    const tools = [{ type: "opaque" as const, dialect: "anthropic-messages", value: { type: "web_search" } }];
    expect(refusal(() => write({ tools })).param).toBe("tools");
  });

  it("puts a schema into words, behind the opening system messages, where the server has no schemas", () => {
    const { body } = write(
      {
        outputFormat: { type: "json-schema", schema: { type: "object" } },
        messages: [{ role: "system", parts: [{ type: "text", text: "s" }] }, ...base.messages],
      },
      { jsonSchema: false },
    );
    expect(body.response_format).toEqual({ type: "json_object" });
    expect(body.messages.map(({ role }: { role: string }) => role)).toEqual(["system", "system", "user"]);
    expect(body.messages[1].content).toContain('{"type":"object"}');
  });

  it.each<[Quirks["reasoningControl"], object, object]>([
    ["effort", { effort: "high" }, { reasoning_effort: "high" }],
    ["effort", { budgetTokens: 1024 }, { reasoning_effort: "low" }],
    ["effort", { enabled: false }, { reasoning_effort: "none" }],
    ["flag", { effort: "none" }, { enable_thinking: false }],
    ["flag", { budgetTokens: 50 }, { enable_thinking: true, thinking_budget: 50 }],
    ["thinking", { effort: "low" }, { thinking: { type: "enabled" } }],
    ["thinking", { enabled: false }, { thinking: { type: "disabled" } }],
    ["object", { effort: "low", exclude: true }, { reasoning: { effort: "low", exclude: true } }],
    ["object", { budgetTokens: 9 }, { reasoning: { max_tokens: 9 } }],
    ["none", { enabled: false }, {}],
  ])("says by %s how to think: %j", (reasoningControl = "effort", reasoning, expected) => {
    const { body } = write({ reasoning }, { reasoningControl });
    expect(body).toEqual({ model: "new", messages: [{ role: "user", content: "hi" }], ...expected });
  });

  it("names the wish for reasoning where the server has no word for it", () => {
    expect(write({ reasoning: { effort: "low" } }, { reasoningControl: "none" }).dropped).toEqual(["reasoning_effort"]);
  });

  describe("an assistant's turn", () => {
    const turn = (parts: ChatRequest["messages"][number]["parts"], quirks: Quirks = {}) =>
      write({ messages: [{ role: "assistant", parts }] }, quirks).body.messages;
    const plain = { type: "reasoning" as const, text: "think" };
    const signed = { ...plain, text: "claude", signature: { format: "anthropic-claude-v1", value: "s" } };
    const text = { type: "text" as const, text: "x" };

    it("sends plain reasoning back where the server wants it, and nobody's proof to another", () => {
      expect(turn([plain, signed, text])).toEqual([{ role: "assistant", content: "x" }]);
      expect(turn([plain, signed, text], { reasoningField: "reasoning_content" })).toEqual([
        { role: "assistant", content: "x", reasoning_content: "think" },
      ]);
      expect(turn([plain, signed, text], { reasoningField: "reasoning_details" })[0].reasoning_details).toEqual([
        { type: "reasoning.text", text: "think", index: 0 },
        { type: "reasoning.text", text: "claude", signature: "s", format: "anthropic-claude-v1", index: 1 },
      ]);
    });

    it("gives a tool turn the reasoning it must have, were it lost", () => {
      const quirks: Quirks = { reasoningField: "reasoning_content", reasoningRequired: "tool-turns" };
      expect(turn([signed, call], quirks)[0]).toMatchObject({ reasoning_content: "", content: "" });
      expect(turn([text], quirks)[0]).not.toHaveProperty("reasoning_content");
    });

    it("calls without arguments with an empty object", () => {
      expect(turn([call])[0].tool_calls).toEqual([
        { id: "call_abc", type: "function", function: { name: "f", arguments: "{}" } },
      ]);
    });

    it("is left out where nothing of it is for this server", () => {
      expect(turn([signed])).toEqual([]);
    });

    it("returns thought signatures on their calls to the family that issued them", () => {
      const google = { ...call, signature: { format: "google-gemini-v1", value: "g" } };
      const other = { ...call, signature: { format: "other", value: "o" } };
      expect(
        turn([google, other], { thoughtSignatures: true })[0].tool_calls.map((one: object) => "extra_content" in one),
      ).toEqual([true, false]);
      expect(JSON.stringify(turn([google]))).not.toContain('"g"');
    });

    it.each([
      ["alphanumeric-9" as const, /^[a-z0-9]{9}$/],
      ["max-40" as const, /^call_[0-9a-f]{32}$/],
    ])("gets legal call ids of the form %s, the same for call and result", (toolCallIds, form) => {
      const id = "a-very-long-tool-call-id-that-is-legal-nowhere-else";
      const { messages } = write(
        {
          messages: [
            { role: "assistant", parts: [{ ...call, id }] },
            { role: "tool", parts: [{ type: "tool-result", toolCallId: id, content: [] }] },
          ],
        },
        { toolCallIds },
      ).body;
      expect(messages[0].tool_calls[0].id).toMatch(form);
      expect(messages[1].tool_call_id).toBe(messages[0].tool_calls[0].id);
    });
  });

  it("moves images out of tool results, behind all results of the turn", () => {
    const image = { type: "image" as const, source: { type: "url" as const, url: "https://x/y.png" } };
    const result = (toolCallId: string) => ({
      role: "tool" as const,
      parts: [
        { type: "tool-result" as const, toolCallId, content: [{ type: "text" as const, text: toolCallId }, image] },
      ],
    });
    const { messages } = write({ messages: [result("a"), result("b"), ...base.messages] }).body;
    expect(messages).toEqual([
      { role: "tool", tool_call_id: "a", content: "a" },
      { role: "tool", tool_call_id: "b", content: "b" },
      {
        role: "user",
        content: [
          { type: "text", text: "Returned by the tool call a:" },
          { type: "image_url", image_url: { url: "https://x/y.png" } },
          { type: "text", text: "Returned by the tool call b:" },
          { type: "image_url", image_url: { url: "https://x/y.png" } },
        ],
      },
      { role: "user", content: "hi" },
    ]);
  });

  it("refuses media that the server can not be sent", () => {
    const send =
      (part: ChatRequest["messages"][number]["parts"][number], quirks: Quirks = {}) =>
      () =>
        write({ messages: [{ role: "user", parts: [part] }] }, quirks);
    const url = { type: "url" as const, url: "https://x" };
    const file = { type: "file-id" as const, fileId: "f" };
    expect(refusal(send({ type: "image", source: file })).param).toBe("messages[].content[].image_url");
    expect(refusal(send({ type: "audio", source: url })).param).toBe("messages[].content[].input_audio");
    expect(refusal(send({ type: "file", source: url })).param).toBe("messages[].content[].file");
    expect(refusal(send({ type: "image", source: url }, { stringContent: true })).param).toBe(
      "messages[].content[].image_url",
    );
  });

  it("marks what is to be cached where the server takes marks", () => {
    const parts = [{ type: "text" as const, text: "x", cacheHint: { ttl: "1h" } }];
    const messages = [{ role: "user" as const, parts }];
    expect(write({ messages }).body.messages).toEqual([{ role: "user", content: "x" }]);
    expect(write({ messages }, { cacheControl: true }).body.messages[0].content).toEqual([
      { type: "text", text: "x", cache_control: { type: "ephemeral", ttl: "1h" } },
    ]);
    expect(write({ cacheHint: {} }, { cacheControl: true }).body.messages[0].content[0].cache_control).toEqual({
      type: "ephemeral",
    });
  });

  it("writes routing preferences for a server that is a gateway itself", () => {
    const routing = { fallbackModels: ["b"], maxPrice: { input: 550 }, sort: "price" as const };
    expect(write({ routing, includeCost: true }, { openrouterExtensions: true }).body).toMatchObject({
      models: ["b"],
      provider: { max_price: { prompt: 0.55 }, sort: "price" },
      usage: { include: true },
    });
    expect(write({ routing, includeCost: true }).body).toEqual({
      model: "new",
      messages: [{ role: "user", content: "hi" }],
    });
  });

  it("translates another dialect's service tier by its meaning", () => {
    expect(write({ serviceTier: "standard_only" }).body.service_tier).toBe("default");
    expect(write({ serviceTier: "reserved" })).toMatchObject({ dropped: ["service_tier"] });
  });
});

import { describe, expect, it, test } from "vitest";
import { anthropicMessages } from "../src/dialects/anthropic-messages/anthropic-messages.ts";
import type { EncodedRequest, FrontDialect, Json } from "../src/dialects/dialect.ts";
import { gemini as geminiDialect } from "../src/dialects/gemini/gemini.ts";
import { openaiChat } from "../src/dialects/openai-chat/openai-chat.ts";
import { openaiResponses } from "../src/dialects/openai-responses/openai-responses.ts";
import { quirksFor } from "../src/dialects/quirks.ts";
import {
  anthropic,
  azureOpenai,
  bedrock,
  cohere,
  gemini,
  ollama,
  openai,
  provider,
  type Provider,
} from "../src/index.ts";

/** What a provider is sent of what a client wrote in a front's dialect. */
const translate = (front: FrontDialect, asked: Json, [to, model]: Back, unsupported: "drop" | "refuse" = "refuse") => {
  const request = front.decodeRequest({ model: "m", ...asked }, { model: "m", stream: false });
  const dialect = to.dialectOfModel?.(model, request) ?? to.dialect;
  const quirks = quirksFor(to.quirks, model, request.reasoning);
  const { body, dropped }: EncodedRequest = dialect.encodeRequest(request, {
    provider: to.id,
    model,
    quirks,
    unsupported,
  });
  return { body: JSON.parse(Buffer.from(body).toString()), dropped };
};

type Back = readonly [to: Provider, model: string];

const apiKey = "k";
const toClaude: Back = [anthropic({ apiKey }), "claude-sonnet-4-5"];
const toBedrock: Back = [bedrock({ apiKey, region: "eu-west-1" }), "eu.anthropic.claude-sonnet-4-5-20250929-v1:0"];
const toNova: Back = [bedrock({ apiKey, region: "eu-west-1" }), "eu.amazon.nova-pro-v1:0"];
const toOpenrouter: Back = [provider("openrouter", { apiKey }), "anthropic/claude-sonnet-4.5"];
const toMarking: Back = [openai({ apiKey, api: "chat" }), "gpt-5.6"];
const toMarkingResponses: Back = [openai({ apiKey, api: "responses" }), "gpt-5.6"];
const toKeeping: Back = [openai({ apiKey, api: "chat" }), "gpt-5.1"];
const toKeepingResponses: Back = [openai({ apiKey, api: "responses" }), "gpt-5.1"];
const toOlder: Back = [openai({ apiKey, api: "chat" }), "gpt-4o"];
const toAzure: Back = [azureOpenai({ apiKey, resource: "r", api: "chat" }), "gpt-5.1"];
const toGemini: Back = [gemini({ apiKey }), "gemini-2.5-pro"];
const toCohere: Back = [cohere({ apiKey }), "command-a"];
const toOllama: Back = [ollama(), "llama3"];

const ephemeral = { type: "ephemeral" };
const hour = { ...ephemeral, ttl: "1h" };
const explicit = { prompt_cache_breakpoint: { mode: "explicit" } };

/** A conversation of a Messages client that marks each place which can be marked. */
const marked = (ttl?: string): Json => {
  const cache_control = ttl === undefined ? ephemeral : { ...ephemeral, ttl };
  return {
    max_tokens: 9,
    tools: [{ name: "f", input_schema: { type: "object" }, cache_control }],
    system: [{ type: "text", text: "S", cache_control }],
    messages: [
      { role: "user", content: [{ type: "text", text: "q", cache_control }] },
      {
        role: "assistant",
        content: [
          { type: "text", text: "a" },
          { type: "tool_use", id: "t", name: "f", input: {} },
        ],
      },
      { role: "user", content: [{ type: "tool_result", tool_use_id: "t", content: "r", cache_control }] },
    ],
  };
};

describe("what Anthropic's clients mark", () => {
  it.each([undefined, "5m", "1h"])("stands behind the same blocks for Bedrock, with its lifetime (%s)", (ttl) => {
    const point = { cachePoint: { type: "default", ...(ttl === "1h" && { ttl }) } };
    const { body, dropped } = translate(anthropicMessages, marked(ttl), toBedrock);
    expect(body.toolConfig.tools).toEqual([{ toolSpec: expect.anything() }, point]);
    expect(body.system).toEqual([{ text: "S" }, point]);
    expect(body.messages.map(({ content }: Json) => content)).toEqual([
      [{ text: "q" }, point],
      [{ text: "a" }, { toolUse: expect.anything() }],
      [{ toolResult: expect.anything() }, point],
    ]);
    expect(dropped).toEqual([]);
  });

  test("keeps no more of it than a model on Bedrock takes, and says so", () => {
    const { body, dropped } = translate(anthropicMessages, marked("1h"), toNova, "drop");
    expect(JSON.stringify(body.toolConfig)).not.toContain("cachePoint");
    expect(JSON.stringify(body).split('{"cachePoint":{"type":"default"}}')).toHaveLength(4);
    expect(dropped).toEqual(["cache_control", "cache_control.ttl"]);
  });

  it.each([undefined, "5m", "1h"])("stands on the same parts for a chat server that takes it (%s)", (ttl) => {
    const cache_control = ttl === undefined ? ephemeral : { ...ephemeral, ttl };
    const { body } = translate(anthropicMessages, marked(ttl), toOpenrouter);
    expect(body.tools).toEqual([{ type: "function", function: expect.anything(), cache_control }]);
    expect(body.messages.map(({ content }: Json) => content)).toEqual([
      [{ type: "text", text: "S", cache_control }],
      [{ type: "text", text: "q", cache_control }],
      "a",
      [{ type: "text", text: "r", cache_control }],
    ]);
    expect(body.prompt_cache_retention).toBeUndefined();
  });

  it("becomes marks for models of OpenAI that take them, in both of its dialects", () => {
    const chat = translate(anthropicMessages, marked("1h"), toMarking);
    expect(chat.body.messages.map(({ content }: Json) => content)).toEqual([
      [{ type: "text", text: "S", ...explicit }],
      [{ type: "text", text: "q", ...explicit }],
      "a",
      [{ type: "text", text: "r", ...explicit }],
    ]);
    const { body } = translate(anthropicMessages, marked("1h"), toMarkingResponses);
    expect(body.instructions).toBeUndefined();
    expect(body.input).toEqual([
      { type: "message", role: "system", content: [{ type: "input_text", text: "S", ...explicit }] },
      { type: "message", role: "user", content: [{ type: "input_text", text: "q", ...explicit }] },
      { type: "message", role: "assistant", content: [{ type: "output_text", text: "a" }] },
      { type: "function_call", call_id: "t", name: "f", arguments: "{}" },
      { type: "function_call_output", call_id: "t", output: [{ type: "input_text", text: "r", ...explicit }] },
    ]);
    for (const sent of [chat.body, body]) {
      expect(sent.tools[0].cache_control).toBeUndefined();
      expect(sent.prompt_cache_retention).toBeUndefined();
    }
  });

  it("is not written on what a model said, where OpenAI takes no mark", () => {
    const said = { role: "assistant", content: [{ type: "text", text: "a", cache_control: hour }] };
    const asked = { max_tokens: 9, messages: [{ role: "user", content: "q" }, said, { role: "user", content: "r" }] };
    for (const back of [toMarking, toMarkingResponses]) {
      expect(JSON.stringify(translate(anthropicMessages, asked, back).body)).not.toContain("breakpoint");
    }
  });

  it.each([
    ["an hour", "1h", "24h"],
    ["minutes", "5m", undefined],
    ["nothing", undefined, undefined],
  ])("asks older models of OpenAI for a day where it says %s, which costs nothing", (_, ttl, retention) => {
    for (const back of [toKeeping, toKeepingResponses, toAzure]) {
      const { body, dropped } = translate(anthropicMessages, marked(ttl), back);
      expect(body.prompt_cache_retention).toBe(retention);
      expect(JSON.stringify(body)).not.toContain("cache_control");
      expect(dropped).toEqual([]);
    }
    expect(translate(anthropicMessages, marked(ttl), toOlder).body.prompt_cache_retention).toBeUndefined();
  });

  it("is not needed where prompts are kept anyway, and named where none are", () => {
    const google = translate(anthropicMessages, marked("1h"), toGemini, "drop");
    expect(JSON.stringify(google.body)).not.toMatch(/cache/i);
    expect(translate(anthropicMessages, marked("1h"), toCohere, "drop").dropped).toContain("cache_control");
  });
});

describe("what OpenAI's clients mark", () => {
  const text = (value: string) => ({ type: "text", text: value, ...explicit });
  const inputText = (value: string) => ({ type: "input_text", text: value, ...explicit });
  const chat = {
    messages: [
      { role: "system", content: [text("S")] },
      { role: "user", content: [text("q")] },
    ],
  };
  const responses = {
    input: [
      { role: "system", content: [inputText("S")] },
      { role: "user", content: [inputText("q")] },
    ],
  };
  const fronts = [
    ["chat", openaiChat, chat],
    ["responses", openaiResponses, responses],
  ] as const;

  it.each(fronts)("becomes Anthropic's and Bedrock's, and is not named as lost (%s)", (_, front, asked) => {
    const claude = translate(front, asked, toClaude);
    expect(claude.body.system).toEqual([{ type: "text", text: "S", cache_control: ephemeral }]);
    expect(claude.body.messages[0].content).toEqual([{ type: "text", text: "q", cache_control: ephemeral }]);
    const point = { cachePoint: { type: "default" } };
    const converse = translate(front, asked, toBedrock);
    expect(converse.body.system).toEqual([{ text: "S" }, point]);
    expect(converse.body.messages[0].content).toEqual([{ text: "q" }, point]);
    for (const { dropped } of [claude, converse]) expect(dropped).toEqual([]);
  });

  it("is the same in OpenAI's other dialect, and nothing for its models that take no marks", () => {
    expect(translate(openaiChat, chat, toMarkingResponses).body.input).toEqual([
      { type: "message", role: "system", content: [inputText("S")] },
      { type: "message", role: "user", content: [inputText("q")] },
    ]);
    expect(translate(openaiResponses, responses, toMarking).body.messages).toEqual(chat.messages);
    for (const { body, dropped } of [
      translate(openaiChat, chat, toKeepingResponses),
      translate(openaiResponses, responses, toKeeping),
    ]) {
      expect(JSON.stringify(body)).not.toContain("breakpoint");
      expect(dropped).toEqual([]);
    }
  });
});

describe("a prompt's key and how long it is kept", () => {
  const fields = { prompt_cache_key: "tenant-7", prompt_cache_retention: "24h" };
  const options = { prompt_cache_options: { mode: "explicit", ttl: "30m" } };
  const chat = { messages: [{ role: "user", content: "q" }], ...fields };
  const responses = { input: "q", ...fields };

  it("goes from one of OpenAI's dialects to the other", () => {
    expect(translate(openaiChat, chat, toKeepingResponses)).toMatchObject({ body: fields, dropped: [] });
    expect(translate(openaiResponses, responses, toKeeping)).toMatchObject({ body: fields, dropped: [] });
    expect(translate(openaiChat, { ...chat, ...options }, toMarkingResponses).body).toMatchObject(options);
    expect(translate(openaiResponses, { ...responses, ...options }, toMarking).body).toMatchObject(options);
  });

  it("is what the client says, whatever its marks would have", () => {
    const content = [{ type: "text", text: "q", cache_control: hour }];
    const asked = { messages: [{ role: "user", content }], prompt_cache_retention: "in_memory" };
    expect(translate(openaiChat, asked, toKeepingResponses).body.prompt_cache_retention).toBe("in_memory");
  });

  it.each([
    ["anthropic", toClaude],
    ["bedrock", toBedrock],
    ["gemini", toGemini],
    ["cohere", toCohere],
    ["ollama", toOllama],
  ])("is named as lost by %s, which has neither", (_, back) => {
    for (const { body, dropped } of [
      translate(openaiChat, chat, back, "drop"),
      translate(openaiResponses, responses, back, "drop"),
    ]) {
      expect(JSON.stringify(body)).not.toContain("tenant-7");
      expect(dropped).toEqual(expect.arrayContaining(["prompt_cache_key", "prompt_cache_retention"]));
    }
  });
});

describe("the name of cached content", () => {
  const cachedContent = "cachedContents/abc";
  const asked = { contents: [{ role: "user", parts: [{ text: "q" }] }], cachedContent };
  const fromChat = { messages: [{ role: "user", content: "q" }], cached_content: cachedContent };

  it("reaches Gemini, also from a chat client", () => {
    expect(translate(geminiDialect, asked, toGemini).body.cachedContent).toBe(cachedContent);
    expect(translate(openaiChat, fromChat, toGemini).body).toMatchObject({ cachedContent });
  });

  it.each([
    ["anthropic", toClaude],
    ["bedrock", toBedrock],
    ["openai", toKeeping],
    ["openai's responses", toKeepingResponses],
    ["cohere", toCohere],
    ["ollama", toOllama],
  ])("is refused for %s: without what it names the prompt is another", (_, back) => {
    expect(() => translate(geminiDialect, asked, back)).toThrow(
      expect.objectContaining({ code: "unsupported_parameter", param: "cached_content" }),
    );
    const { body, dropped } = translate(geminiDialect, asked, back, "drop");
    expect(JSON.stringify(body)).not.toContain(cachedContent);
    expect(dropped).toContain("cached_content");
  });
});

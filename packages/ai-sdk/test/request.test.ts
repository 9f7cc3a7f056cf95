import type {
  LanguageModelV4CallOptions,
  LanguageModelV4Prompt,
  LanguageModelV4ToolResultOutput,
} from "@ai-sdk/provider";
import type { ChatRequest } from "@llm-gateway/core";
import { generateText, jsonSchema, Output, tool } from "ai";
import { describe, expect, test } from "vitest";
import { languageModel, type CallSettings } from "../src/index.ts";
import { answering, end, start, text } from "./set-up.ts";

const user = (...content: Extract<LanguageModelV4Prompt[number], { role: "user" }>["content"]) => ({
  role: "user" as const,
  content,
});
const hello = [user({ type: "text", text: "Hello" })];

/** What the gateway is asked, and the warnings the caller gets. */
const ask = async (options: Partial<LanguageModelV4CallOptions>) => {
  const { gateway, requests } = answering(start, text("Hi"), end);
  const { warnings } = await languageModel(gateway, "fast").doGenerate({ prompt: hello, ...options });
  const [request] = requests as readonly [ChatRequest];
  return { request, warnings, messages: request.messages };
};

const parameters = { type: "object" as const, properties: { city: { type: "string" as const } } };
const weather = { type: "function" as const, name: "weather", inputSchema: parameters };

describe("settings", () => {
  test("a plain call asks for no more than it says", async () => {
    const { request, warnings } = await ask({});
    expect(request).toEqual({
      dialect: "gateway",
      model: "fast",
      stream: false,
      includeUsage: true,
      includeCost: true,
      messages: [{ role: "user", parts: [{ type: "text", text: "Hello" }] }],
    });
    expect(warnings).toEqual([]);
  });

  test("every setting of the AI SDK arrives", async () => {
    const { gateway, requests } = answering(start, text("Hi"), end);
    await generateText({
      model: languageModel(gateway, "fast"),
      instructions: "Be brief.",
      prompt: "Hello",
      maxOutputTokens: 50,
      temperature: 0.5,
      topP: 0.9,
      topK: 40,
      presencePenalty: 0.1,
      frequencyPenalty: 0.2,
      stopSequences: ["END"],
      seed: 7,
      reasoning: "low",
    });
    expect(requests).toEqual([
      {
        dialect: "gateway",
        model: "fast",
        stream: false,
        includeUsage: true,
        includeCost: true,
        messages: [
          { role: "system", parts: [{ type: "text", text: "Be brief." }] },
          { role: "user", parts: [{ type: "text", text: "Hello" }] },
        ],
        maxOutputTokens: 50,
        temperature: 0.5,
        topP: 0.9,
        topK: 40,
        presencePenalty: 0.1,
        frequencyPenalty: 0.2,
        stop: ["END"],
        seed: 7,
        reasoning: { effort: "low" },
      },
    ]);
  });

  test("reasoning as the provider likes it is nothing to ask for", async () => {
    expect((await ask({ reasoning: "provider-default" })).request.reasoning).toBeUndefined();
  });

  test("what only the gateway knows stands in its provider options, and goes before the AI SDK's own", async () => {
    const llmGateway = {
      cacheHint: { ttl: "1h" },
      cacheKey: "k",
      logitBias: { "42": -1 },
      metadata: { job: "nightly" },
      parallelToolCalls: false,
      reasoning: { budgetTokens: 2000 },
      routing: { only: ["openai"] },
      serviceTier: "flex",
      user: "u",
      verbosity: "low",
    } satisfies CallSettings;
    const { request, warnings } = await ask({
      reasoning: "low",
      providerOptions: { llmGateway, openai: { user: "x" } },
    });
    expect(request).toMatchObject(llmGateway);
    expect(request.reasoning).toEqual(llmGateway.reasoning);
    expect(warnings).toEqual([]);
  });

  test("a provider option the gateway does not know is warned of and not sent", async () => {
    const { request, warnings } = await ask({ providerOptions: { llmGateway: { usr: "u", choiceCount: 3 } } });
    expect(request).not.toHaveProperty("usr");
    expect(request).not.toHaveProperty("choiceCount");
    expect(warnings).toMatchObject([
      { type: "unsupported", feature: "providerOptions.llmGateway.usr", details: expect.stringContaining("user") },
      { type: "unsupported", feature: "providerOptions.llmGateway.choiceCount" },
    ]);
  });
});

describe("structured output", () => {
  test("a schema is asked for strictly", async () => {
    const { gateway, requests } = answering(start, text('{"city":"Paris"}'), end);
    const schema = jsonSchema<{ city: string }>(parameters);
    const { output } = await generateText({
      model: languageModel(gateway, "fast"),
      prompt: "Where?",
      output: Output.object({ schema, name: "place", description: "A place." }),
    });
    expect(output).toEqual({ city: "Paris" });
    expect(requests[0]?.outputFormat).toEqual({
      type: "json-schema",
      schema: parameters,
      strict: true,
      name: "place",
      description: "A place.",
    });
  });

  test("unless strictness is turned off", async () => {
    const { request } = await ask({
      responseFormat: { type: "json", schema: parameters },
      providerOptions: { llmGateway: { strictJsonSchema: false } },
    });
    expect(request.outputFormat).toEqual({ type: "json-schema", schema: parameters, strict: false });
    expect(request).not.toHaveProperty("strictJsonSchema");
  });

  test("JSON of any shape is asked for where there is no schema, and text by default", async () => {
    expect((await ask({ responseFormat: { type: "json" } })).request.outputFormat).toEqual({ type: "json" });
    expect((await ask({ responseFormat: { type: "text" } })).request.outputFormat).toBeUndefined();
  });
});

describe("tools", () => {
  test("are offered with all that the gateway can say of them", async () => {
    const { gateway, requests } = answering(start, text("Hi"), end);
    await generateText({
      model: languageModel(gateway, "fast"),
      prompt: "Hello",
      tools: {
        weather: tool({
          description: "Tells the weather.",
          inputSchema: jsonSchema(parameters),
          strict: true,
          providerOptions: { llmGateway: { cacheHint: {} } },
        }),
      },
    });
    expect(requests[0]?.tools).toEqual([
      {
        type: "function",
        name: "weather",
        description: "Tells the weather.",
        parameters,
        strict: true,
        cacheHint: {},
      },
    ]);
    expect(requests[0]?.toolChoice).toEqual({ type: "auto" });
  });

  test.each([
    [{ type: "none" }, { type: "none" }],
    [{ type: "required" }, { type: "required" }],
    [
      { type: "tool", toolName: "weather" },
      { type: "tool", name: "weather" },
    ],
  ] as const)("the choice %o arrives", async (toolChoice, expected) => {
    expect((await ask({ tools: [weather], toolChoice })).request.toolChoice).toEqual(expected);
  });

  test("a choice among no tools is not asked for", async () => {
    const { request } = await ask({ toolChoice: { type: "auto" } });
    expect(request.tools).toBeUndefined();
    expect(request.toolChoice).toBeUndefined();
  });

  test("tools of one provider and input examples are left out with a warning", async () => {
    const { request, warnings } = await ask({
      tools: [
        { type: "provider", id: "openai.web_search", name: "web_search", args: {} },
        { ...weather, inputExamples: [{ input: { city: "Rome" } }] },
      ],
    });
    expect(request.tools).toEqual([{ type: "function", name: "weather", parameters }]);
    expect(warnings).toMatchObject([
      { type: "unsupported", feature: "tool openai.web_search" },
      { type: "unsupported", feature: "input examples of tool weather" },
    ]);
  });
});

describe("prompts", () => {
  test("hints for prompt caches stand at parts, or at a message for its last part", async () => {
    const hint = { llmGateway: { cacheHint: { ttl: "5m" } } };
    const { messages } = await ask({
      prompt: [
        { role: "system", content: "Rules", providerOptions: hint },
        user({ type: "text", text: "One", providerOptions: hint }, { type: "text", text: "Two" }),
        { ...user({ type: "text", text: "Three" }, { type: "text", text: "Four" }), providerOptions: hint },
      ],
    });
    const cacheHint = { ttl: "5m" };
    expect(messages).toEqual([
      { role: "system", parts: [{ type: "text", text: "Rules", cacheHint }] },
      {
        role: "user",
        parts: [
          { type: "text", text: "One", cacheHint },
          { type: "text", text: "Two" },
        ],
      },
      {
        role: "user",
        parts: [
          { type: "text", text: "Three" },
          { type: "text", text: "Four", cacheHint },
        ],
      },
    ]);
  });

  test("files are images, sounds or documents, from wherever they are", async () => {
    const bytes = new Uint8Array([0, 1, 2, 253, 254]).subarray(1, 4);
    const { messages } = await ask({
      prompt: [
        user(
          { type: "file", mediaType: "image/png", data: { type: "data", data: bytes } },
          {
            type: "file",
            mediaType: "image",
            data: { type: "url", url: new URL("https://example.org/a.png") },
            providerOptions: { llmGateway: { detail: "low" } },
          },
          { type: "file", mediaType: "audio/wav", data: { type: "data", data: "AQL9" } },
          {
            type: "file",
            mediaType: "application/pdf",
            filename: "a.pdf",
            data: { type: "reference", reference: { llmGateway: "file-1", openai: "file-2" } },
            providerOptions: { llmGateway: { title: "A", context: "An example.", citations: true } },
          },
          { type: "file", mediaType: "text/plain", data: { type: "text", text: "Words" } },
          {
            type: "file",
            mediaType: "video/*",
            data: { type: "url", url: new URL("gs://bucket/a"), originalUrl: "gs://Bucket/a" },
          },
        ),
      ],
    });
    expect(messages[0]?.parts).toEqual([
      { type: "image", source: { type: "base64", mediaType: "image/png", data: "AQL9" } },
      { type: "image", source: { type: "url", url: "https://example.org/a.png" }, detail: "low" },
      { type: "audio", source: { type: "base64", mediaType: "audio/wav", data: "AQL9" } },
      {
        type: "file",
        source: { type: "file-id", fileId: "file-1", mediaType: "application/pdf" },
        filename: "a.pdf",
        title: "A",
        context: "An example.",
        citations: true,
      },
      { type: "file", source: { type: "text", text: "Words", mediaType: "text/plain" } },
      { type: "file", source: { type: "url", url: "gs://Bucket/a" } },
    ]);
  });

  test.each([
    ["audio", { type: "data" as const, data: "AQL9" }, '"audio/mpeg"'],
    ["image/*", { type: "data" as const, data: "AQL9" }, 'from "image/*"'],
    ["image/png", { type: "reference" as const, reference: { openai: "file-2" } }, "llmGateway"],
  ])("a file that can not be brought to a model is refused: %s", async (mediaType, data, message) => {
    await expect(ask({ prompt: [user({ type: "file", mediaType, data })] })).rejects.toThrow(message);
  });

  test("a turn of the assistant keeps its order and its proofs", async () => {
    const signature = { format: "anthropic-claude-v1", value: "sig" };
    const encrypted = { format: "openai-responses-v1", value: "enc" };
    const { messages, warnings } = await ask({
      prompt: [
        ...hello,
        {
          role: "assistant",
          content: [
            { type: "reasoning", text: "Hm", providerOptions: { llmGateway: { signature } } },
            { type: "reasoning", text: "", providerOptions: { llmGateway: { encrypted, id: "rs", summary: true } } },
            {
              type: "text",
              text: "Look:",
              providerOptions: { llmGateway: { signature, cacheHint: null }, openai: { id: "x" } },
            },
            { type: "text", text: "No.", providerOptions: { llmGateway: { refusal: true } } },
            {
              type: "tool-call",
              toolCallId: "a",
              toolName: "weather",
              input: { city: "Rome" },
              providerOptions: { llmGateway: { signature } },
            },
            { type: "tool-call", toolCallId: "b", toolName: "time", input: undefined },
          ],
        },
        {
          role: "tool",
          content: [
            { type: "tool-result", toolCallId: "a", toolName: "weather", output: { type: "text", value: "Sunny" } },
            { type: "tool-result", toolCallId: "b", toolName: "time", output: { type: "json", value: { hour: 9 } } },
          ],
        },
      ],
    });
    expect(messages.slice(1)).toEqual([
      {
        role: "assistant",
        parts: [
          { type: "reasoning", text: "Hm", signature },
          { type: "reasoning", text: "", encrypted, id: "rs", summary: true },
          { type: "text", text: "Look:", signature },
          { type: "refusal", text: "No." },
          {
            type: "tool-call",
            kind: "function",
            id: "a",
            name: "weather",
            arguments: '{"city":"Rome"}',
            signature,
          },
          { type: "tool-call", kind: "function", id: "b", name: "time", arguments: "{}" },
        ],
      },
      {
        role: "tool",
        parts: [
          { type: "tool-result", toolCallId: "a", name: "weather", content: [{ type: "text", text: "Sunny" }] },
          { type: "tool-result", toolCallId: "b", name: "time", content: [{ type: "text", text: '{"hour":9}' }] },
        ],
      },
    ]);
    expect(warnings).toEqual([]);
  });

  test("what a tool gave arrives, and whether it failed", async () => {
    const gave = (output: LanguageModelV4ToolResultOutput) => ({
      type: "tool-result" as const,
      toolCallId: "a",
      toolName: "weather",
      output,
    });
    const { messages, warnings } = await ask({
      prompt: [
        ...hello,
        {
          role: "tool",
          content: [
            gave({ type: "error-text", value: "Broken" }),
            gave({ type: "error-json", value: { code: 1 } }),
            gave({ type: "execution-denied" }),
            gave({ type: "execution-denied", reason: "Too dear." }),
            gave({
              type: "content",
              value: [
                { type: "text", text: "Look:" },
                { type: "file", mediaType: "image/png", data: { type: "data", data: "AQL9" } },
                { type: "custom", providerOptions: { openai: { a: 1 } } },
              ],
            }),
          ],
        },
      ],
    });
    expect(
      messages[1]?.parts.map((part) => (part.type === "tool-result" ? [part.content, part.isError] : part)),
    ).toEqual([
      [[{ type: "text", text: "Broken" }], true],
      [[{ type: "text", text: '{"code":1}' }], true],
      [[{ type: "text", text: "The user did not allow this call." }], true],
      [[{ type: "text", text: "Too dear." }], true],
      [
        [
          { type: "text", text: "Look:" },
          { type: "image", source: { type: "base64", mediaType: "image/png", data: "AQL9" } },
        ],
        undefined,
      ],
    ]);
    expect(warnings).toMatchObject([{ type: "unsupported", feature: "custom content in a tool result" }]);
  });

  test("what only its own provider understands is left out with a warning, and so is a message of nothing else", async () => {
    const search = { toolCallId: "s", toolName: "search", providerExecuted: true };
    const { messages, warnings } = await ask({
      prompt: [
        ...hello,
        {
          role: "assistant",
          content: [
            { type: "tool-call", ...search, input: {} },
            { type: "tool-result", ...search, output: { type: "text", value: "Found." } },
            { type: "text", text: "Found it." },
          ],
        },
        {
          role: "assistant",
          content: [
            { type: "custom", kind: "openai.compaction" },
            { type: "reasoning-file", mediaType: "image/png", data: { type: "data", data: "AQL9" } },
          ],
        },
        { role: "tool", content: [{ type: "tool-approval-response", approvalId: "x", approved: true }] },
        user({ type: "text", text: "Go on." }),
      ],
    });
    expect(messages.slice(1)).toEqual([
      { role: "assistant", parts: [{ type: "text", text: "Found it." }] },
      { role: "user", parts: [{ type: "text", text: "Go on." }] },
    ]);
    expect(warnings.map((warning) => (warning.type === "unsupported" ? warning.feature : warning))).toEqual([
      "tool-call in a prompt",
      "tool-result in a prompt",
      "custom in a prompt",
      "reasoning-file in a prompt",
      "tool-approval-response in a prompt",
    ]);
  });
});

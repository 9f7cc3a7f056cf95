import { describe, expect, it } from "vitest";
import type { Message, Part } from "../../chat/message.ts";
import { type ChatRequest, rememberSource } from "../../chat/request.ts";
import { GatewayError } from "../../errors.ts";
import type { BackTarget, Json } from "../dialect.ts";
import { gemini } from "./gemini.ts";
import { madeCallId } from "../made-call-id.ts";

const base: ChatRequest = { dialect: "openai-chat", model: "x", stream: false, messages: [] };
const flash3 = "gemini-3.5-flash";
const flash25 = "gemini-2.5-flash";
const old = "gemini-1.5-pro";

const text = (role: Message["role"], content: string): Message => ({ role, parts: [{ type: "text", text: content }] });
const user = (content: string): Message => text("user", content);
const says = (...parts: Part[]): Message => ({ role: "assistant", parts });
const asks = (...parts: Part[]): Message => ({ role: "user", parts });
const call = (id: string, name: string, args = "{}", signature?: string): Part => ({
  type: "tool-call",
  kind: "function",
  id,
  name,
  arguments: args,
  ...(signature === undefined ? {} : { signature: { format: "google-gemini-v1", value: signature } }),
});
const result = (toolCallId: string, content: string | readonly Part[], rest: object = {}): Message => ({
  role: "tool",
  parts: [
    {
      type: "tool-result",
      toolCallId,
      content: typeof content === "string" ? [{ type: "text", text: content }] : content,
      ...rest,
    },
  ],
});

interface Encoded {
  readonly path: string;
  readonly body: Json;
  readonly dropped: readonly string[];
}

const encode = (request: Partial<ChatRequest>, model = flash3, target: Partial<BackTarget> = {}): Encoded => {
  const encoded = gemini.encodeRequest({ ...base, ...request }, { provider: "acme", model, quirks: {}, ...target });
  if (typeof encoded.body !== "string") throw new TypeError("The body must be text.");
  return { ...encoded, body: JSON.parse(encoded.body) as Json };
};
const contents = (messages: readonly Message[], model = flash3): unknown =>
  encode({ messages }, model).body["contents"];
const config = (request: Partial<ChatRequest>, model = flash3): unknown =>
  encode({ messages: [user("Hi")], ...request }, model).body["generationConfig"];

const refusal = (action: () => unknown): unknown => {
  try {
    action();
  } catch (error) {
    return GatewayError.is(error) ? [error.code, error.param] : error;
  }
  return undefined;
};

describe("the path", () => {
  it("names the model and the method, every part encoded", () => {
    expect(encode({}, "gemini-x").path).toBe("/models/gemini-x:generateContent");
    expect(encode({ stream: true }, "gemini-x").path).toBe("/models/gemini-x:streamGenerateContent?alt=sse");
    expect(encode({}, "../a?b").path).toBe("/models/..%2Fa%3Fb:generateContent");
  });

  it("keeps the collection that a name brings along", () => {
    expect(encode({}, "models/gemini-x").path).toBe("/models/gemini-x:generateContent");
    expect(encode({}, "tunedModels/my model").path).toBe("/tunedModels/my%20model:generateContent");
  });
});

describe("an unchanged request of this dialect", () => {
  const body = { contents: [{ parts: [{ text: "Hi" }] }], aBeta: 1 };

  it("goes on byte for byte", () => {
    const request: ChatRequest = { ...base, dialect: "gemini" };
    const bytes = Buffer.from('{ "contents": [{"parts":[{"text":"Hi"}]}], "aBeta": 1 }');
    rememberSource(request, { dialect: "gemini", body, bytes });
    expect(gemini.encodeRequest(request, { provider: "acme", model: "m", quirks: {} }).body).toBe(bytes);
  });

  it("loses only a model of its own, which the path decides", () => {
    const request: ChatRequest = { ...base, dialect: "gemini" };
    rememberSource(request, { dialect: "gemini", body: { model: "models/other", ...body } });
    expect(gemini.encodeRequest(request, { provider: "acme", model: "m", quirks: {} }).body).toBe(JSON.stringify(body));
  });

  it("is written anew once it was changed, with the extras its client sent", () => {
    const extras = {
      safetySettings: [{ category: "C", threshold: "OFF" }],
      generationConfig: { speechConfig: {}, topK: 1 },
      toolConfig: { retrievalConfig: {} },
    };
    const changed = encode({ dialect: "gemini", messages: [user("Hi")], topK: 5, extras });
    expect(changed.body).toEqual({
      safetySettings: extras.safetySettings,
      contents: [{ role: "user", parts: [{ text: "Hi" }] }],
      toolConfig: { retrievalConfig: {} },
      generationConfig: { speechConfig: {}, topK: 5 },
    });
  });
});

describe("messages", () => {
  it("takes the system messages at the head as system instruction, later ones in place (Q42)", () => {
    const messages = [
      text("system", "A"),
      text("developer", "B"),
      user("Hi"),
      says({ type: "text", text: "Hello" }),
      text("system", "Be brief."),
      user("Go"),
    ];
    expect(encode({ messages }).body).toEqual({
      systemInstruction: { parts: [{ text: "A" }, { text: "B" }] },
      contents: [
        { role: "user", parts: [{ text: "Hi" }] },
        { role: "model", parts: [{ text: "Hello" }] },
        { role: "user", parts: [{ text: "<system>\nBe brief.\n</system>" }, { text: "Go" }] },
      ],
    });
  });

  it("gives a request without a user turn the least of one", () => {
    expect(contents([text("system", "A")])).toEqual([{ role: "user", parts: [{ text: " " }] }]);
    expect(contents([says({ type: "text", text: "Hello" })])).toEqual([
      { role: "user", parts: [{ text: " " }] },
      { role: "model", parts: [{ text: "Hello" }] },
    ]);
  });

  it("merges neighbours of one role and leaves out empty texts and turns", () => {
    expect(contents([user("a"), says({ type: "text", text: "" }), user("b"), user("")])).toEqual([
      { role: "user", parts: [{ text: "a" }, { text: "b" }] },
    ]);
  });

  it("sends results right behind their calls, in call order, with the name of the call (Q43)", () => {
    const messages = [
      user("Hi"),
      says(call("call_1", "first", '{"a":1}'), call("call_2", "second", "")),
      user("by the way"),
      result("call_2", "two"),
      result("call_1", '{"ok":true}'),
    ];
    expect(contents(messages, flash25)).toEqual([
      { role: "user", parts: [{ text: "Hi" }] },
      {
        role: "model",
        parts: [{ functionCall: { name: "first", args: { a: 1 } } }, { functionCall: { name: "second", args: {} } }],
      },
      {
        role: "user",
        parts: [
          { functionResponse: { name: "first", response: { ok: true } } },
          { functionResponse: { name: "second", response: { output: "two" } } },
          { text: "by the way" },
        ],
      },
    ]);
  });

  it("keeps call order where ids come again in a later turn", () => {
    const step = says(call("call_0", "f"), call("call_1", "g"));
    const turns = contents([
      user("?"),
      step,
      result("call_0", "1"),
      result("call_1", "2"),
      step,
      result("call_1", "4"),
      result("call_0", "3"),
    ]);
    expect(turns).toMatchObject([
      {},
      {},
      {},
      {},
      { parts: [{ functionResponse: { name: "f", response: { output: "3" } } }, { functionResponse: { name: "g" } }] },
    ]);
  });

  it("finds the name of a call anywhere earlier, and refuses a result without one", () => {
    const messages = [
      says(call("call_1", "f")),
      result("call_1", "1"),
      says({ type: "text", text: "x" }),
      result("call_1", "2"),
    ];
    expect(JSON.stringify(contents(messages))).toContain('{"name":"f","response":{"output":"2"}}');
    expect(JSON.stringify(contents([result("call_9", "x", { name: "g" })]))).toContain('"name":"g"');
    expect(refusal(() => contents([result("call_9", "x")]))).toEqual(["invalid_value", "messages"]);
  });

  it.each([
    ["text", {}, { output: "text" }],
    ["[1]", {}, { output: "[1]" }],
    ["{broken", {}, { output: "{broken" }],
    ["bad", { isError: true }, { error: "bad" }],
    ['{"a":1}', { isError: true }, { error: { a: 1 } }],
  ] as const)("makes an object of the result %s (Q44)", (content, rest, response) => {
    const turns = contents([says(call("call_1", "f")), result("call_1", content, rest)], flash25);
    expect(turns).toMatchObject([{}, {}, { parts: [{ functionResponse: { response } }] }]);
  });

  it("puts media of a result inside it where the model takes that, else behind it (T37)", () => {
    const image: Part = { type: "image", source: { type: "base64", mediaType: "image/png", data: "AA==" } };
    const messages = [
      user("?"),
      says(call("own1", "f", "{}", "s")),
      result("own1", [{ type: "text", text: "see" }, image]),
    ];
    const inlineData = { mimeType: "image/png", data: "AA==" };
    const response = { output: "see" };
    expect(contents(messages)).toMatchObject([
      {},
      {},
      { parts: [{ functionResponse: { id: "own1", name: "f", response, parts: [{ inlineData }] } }] },
    ]);
    expect(contents(messages, flash25)).toMatchObject([
      {},
      {},
      { parts: [{ functionResponse: { response } }, { inlineData }] },
    ]);
  });

  it("gives back ids that are the provider's own, and none that were made elsewhere", () => {
    const messages = (id: string): readonly Message[] => [says(call(id, "f")), result(id, "1")];
    expect(JSON.stringify(contents(messages("96c1su3s"))).match(/"id":"96c1su3s"/g)).toHaveLength(2);
    for (const id of [madeCallId("r1", 0), "call_abc", "toolu_01", "tooluse_x", "fc_1"]) {
      expect(JSON.stringify(contents(messages(id)))).not.toContain('"id"');
    }
  });

  it("refuses arguments that are not an object, but lets another model try (Q15)", () => {
    for (const args of ["{", "[1]", "1"]) {
      expect(refusal(() => contents([says(call("call_1", "f", args))]))).toEqual(["invalid_value", "messages"]);
    }
  });

  it("returns signatures to the parts they came on, and to no other family's (Q46)", () => {
    const signature = { format: "google-gemini-v1", value: "g" };
    const foreign = { format: "anthropic-claude-v1", value: "a" };
    const messages = [
      user("Hi"),
      says(
        { type: "reasoning", text: "not ours", signature: foreign },
        { type: "reasoning", text: "ours", signature },
        { type: "text", text: "a", signature: foreign },
        { type: "text", text: "", signature },
        call("call_1", "f", "{}", "c"),
      ),
    ];
    expect(contents(messages)).toMatchObject([
      {},
      {
        parts: [
          { text: "ours", thought: true, thoughtSignature: "g" },
          { text: "a" },
          { text: "", thoughtSignature: "g" },
          { functionCall: { name: "f" }, thoughtSignature: "c" },
        ],
      },
    ]);
    expect(JSON.stringify(contents(messages))).not.toMatch(/not ours|"a",\s*"thoughtSignature":"a"/);
  });

  it("brings signatures that clients carry apart back to their calls, or to the end of the answer", () => {
    const encrypted = (value: string, id?: string): Part => ({
      type: "reasoning",
      text: "",
      encrypted: { format: "google-gemini-v1", value },
      ...(id === undefined ? {} : { id }),
    });
    expect(
      contents([user("Hi"), says(encrypted("x"), encrypted("y", "c2"), call("c1", "f"), call("c2", "g"))]),
    ).toMatchObject([
      {},
      {
        parts: [
          { functionCall: { name: "f" }, thoughtSignature: "x" },
          { functionCall: { name: "g" }, thoughtSignature: "y" },
        ],
      },
    ]);
    expect(contents([user("Hi"), says(encrypted("x"), { type: "text", text: "a" })])).toMatchObject([
      {},
      { parts: [{ text: "a" }, { text: "", thoughtSignature: "x" }] },
    ]);
  });

  it("signs the first call of each step with the skip value where the model insists on one (Q47)", () => {
    const messages = [
      user("?"),
      says(call("call_1", "f"), call("call_2", "g")),
      result("call_1", "1"),
      result("call_2", "2"),
      says(call("call_3", "h")),
    ];
    const signatures = (model: string): number =>
      JSON.stringify(contents(messages, model)).split("skip_thought_signature_validator").length - 1;
    expect(signatures(flash3)).toBe(2);
    expect(signatures("gemini-flash-latest")).toBe(2);
    expect(signatures(flash25)).toBe(0);
    expect(contents(messages)).toMatchObject([
      {},
      { parts: [{ thoughtSignature: "skip_thought_signature_validator" }, {}] },
      {},
      {},
    ]);
  });

  it("passes opaque parts of its own on and leaves out those of others", () => {
    const own = { executableCode: { language: "PYTHON", code: "1" }, thoughtSignature: "x" };
    const parts: Part[] = [
      { type: "opaque", dialect: "gemini", value: own },
      { type: "opaque", dialect: "other", value: { a: 1 } },
    ];
    expect(contents([user("Hi"), says(...parts)])).toMatchObject([{}, { parts: [own] }]);
  });
});

describe("media", () => {
  const image = (url: string, rest: object = {}): Part => ({ type: "image", source: { type: "url", url }, ...rest });

  it("sends bytes inline and addresses with the type their name shows (Q49)", () => {
    const parts: Part[] = [
      { type: "text", text: "Look" },
      { type: "audio", source: { type: "base64", mediaType: "audio/wav", data: "AA==" } },
      image("https://e.org/a.JPG?x=1"),
      { type: "file", source: { type: "url", url: "gs://b/v" }, filename: "v.mp4" },
      { type: "file", source: { type: "file-id", fileId: "files/abc" } },
      image("https://www.youtube.com/watch?v=1"),
      { type: "file", source: { type: "text", text: "body" }, title: "T", context: "C" },
    ];
    expect(contents([asks(...parts)])).toEqual([
      {
        role: "user",
        parts: [
          { text: "Look" },
          { inlineData: { mimeType: "audio/wav", data: "AA==" } },
          { fileData: { mimeType: "image/jpeg", fileUri: "https://e.org/a.JPG?x=1" } },
          { fileData: { mimeType: "video/mp4", fileUri: "gs://b/v" } },
          { fileData: { fileUri: "https://generativelanguage.googleapis.com/v1beta/files/abc" } },
          { fileData: { fileUri: "https://www.youtube.com/watch?v=1" } },
          { text: "T\nC" },
          { text: "body" },
        ],
      },
    ]);
  });

  it("refuses what the model could not be shown", () => {
    expect(refusal(() => contents([asks(image("https://e.org/a"))]))).toEqual(["unsupported_parameter", "image_url"]);
    expect(refusal(() => contents([asks(image("file:///etc/passwd.png"))]))).toEqual([
      "unsupported_parameter",
      "image_url",
    ]);
    expect(refusal(() => contents([asks({ type: "file", source: { type: "file-id", fileId: "file-123" } })]))).toEqual([
      "unsupported_parameter",
      "file",
    ]);
  });

  it("gives a turn of media alone a blank text (Q48)", () => {
    expect(contents([asks(image("https://e.org/a.png"))])).toMatchObject([
      { parts: [{ fileData: {} }, { text: " " }] },
    ]);
  });

  it("keeps the detail of images where the model knows it, else names it as dropped (Q50)", () => {
    const messages = [asks({ type: "text", text: "?" }, image("https://e.org/a.png", { detail: "low" }))];
    expect(contents(messages)).toMatchObject([{ parts: [{}, { mediaResolution: { level: "MEDIA_RESOLUTION_LOW" } }] }]);
    expect(encode({ messages }, flash25).dropped).toEqual(["image_url.detail"]);
  });
});

describe("tools", () => {
  const parameters = { type: "object", properties: { city: { type: "string" } }, additionalProperties: false };
  const weather = { type: "function", name: "weather", description: "d", parameters } as const;
  const nothing = { type: "function", name: "nothing", parameters: { type: "object", properties: {} } } as const;
  const asking = { messages: [user("Hi")] };

  it("declares functions with JSON Schema, or its own subset on models without it", () => {
    expect(encode({ ...asking, tools: [weather, nothing] }).body["tools"]).toEqual([
      {
        functionDeclarations: [
          { name: "weather", description: "d", parametersJsonSchema: parameters },
          { name: "nothing", description: "" },
        ],
      },
    ]);
    expect(encode({ ...asking, tools: [weather] }, old).body["tools"]).toEqual([
      {
        functionDeclarations: [
          {
            name: "weather",
            description: "d",
            parameters: { type: "OBJECT", properties: { city: { type: "STRING" } } },
          },
        ],
      },
    ]);
  });

  it("passes its own tools on and refuses those of others", () => {
    const search = { type: "opaque", dialect: "gemini", value: { googleSearch: {} } } as const;
    expect(encode({ ...asking, tools: [search], toolChoice: { type: "auto" } }).body).toEqual({
      contents: [{ role: "user", parts: [{ text: "Hi" }] }],
      tools: [{ googleSearch: {} }],
    });
    for (const tool of [
      { type: "custom", name: "c" },
      { ...search, dialect: "other" },
    ] as const) {
      expect(refusal(() => encode({ ...asking, tools: [tool] }))).toEqual(["unsupported_parameter", "tools"]);
      expect(encode({ ...asking, tools: [tool] }, flash3, { unsupported: "drop" }).dropped).toEqual(["tools"]);
    }
  });

  it.each([
    [{ type: "none" }, { mode: "NONE" }],
    [{ type: "auto" }, { mode: "AUTO" }],
    [{ type: "required" }, { mode: "ANY" }],
    [
      { type: "tool", name: "weather" },
      { mode: "ANY", allowedFunctionNames: ["weather"] },
    ],
    [
      { type: "allowed", mode: "required", names: ["weather"] },
      { mode: "ANY", allowedFunctionNames: ["weather"] },
    ],
    [
      { type: "allowed", mode: "auto", names: ["weather"] },
      { mode: "VALIDATED", allowedFunctionNames: ["weather"] },
    ],
  ] as const)("writes the choice %j (Q51)", (toolChoice, functionCallingConfig) => {
    expect(encode({ ...asking, tools: [weather, nothing], toolChoice }).body["toolConfig"]).toEqual({
      functionCallingConfig,
    });
  });

  it("shows only the allowed functions to models that cannot be held to some of them", () => {
    const toolChoice = { type: "allowed", mode: "auto", names: ["nothing"] } as const;
    expect(encode({ ...asking, tools: [weather, nothing], toolChoice }, "gemini-2.0-flash").body).toMatchObject({
      tools: [{ functionDeclarations: [{ name: "nothing" }] }],
      toolConfig: { functionCallingConfig: { mode: "AUTO" } },
    });
  });

  it("holds strict functions to their schema where there is a mode for it", () => {
    const tools = [{ ...weather, strict: true }];
    expect(encode({ ...asking, tools }).body["toolConfig"]).toEqual({ functionCallingConfig: { mode: "VALIDATED" } });
    const lost = encode({ ...asking, tools }, "gemini-2.0-flash");
    expect(lost.body).not.toHaveProperty("toolConfig");
    expect(lost.dropped).toEqual(["tools.strict"]);
  });
});

describe("generation config", () => {
  it("writes sampling, limits and choices under its own names (Q57)", () => {
    const request: Partial<ChatRequest> = {
      temperature: 0.5,
      topP: 0.9,
      topK: 4,
      maxOutputTokens: 9,
      choiceCount: 2,
      stop: ["a", "", "b"],
      seed: 7,
      presencePenalty: 1,
      frequencyPenalty: 2,
      logprobs: true,
      topLogprobs: 3,
    };
    expect(config(request, flash25)).toEqual({
      temperature: 0.5,
      topP: 0.9,
      topK: 4,
      maxOutputTokens: 9,
      candidateCount: 2,
      stopSequences: ["a", "b"],
      seed: 7,
      presencePenalty: 1,
      frequencyPenalty: 2,
      responseLogprobs: true,
      logprobs: 3,
    });
  });

  it("drops by name what the model lacks", () => {
    const request: Partial<ChatRequest> = {
      messages: [user("Hi")],
      presencePenalty: 1,
      frequencyPenalty: 0,
      seed: 1,
      user: "u",
      metadata: { a: "b" },
      logitBias: { 1: 1 },
      verbosity: "low",
      cacheKey: "k",
      serviceTier: "scale",
      extras: { some_beta: true },
    };
    const { body, dropped } = encode(request, flash3, { quirks: { unsupported: ["seed"] } });
    expect(Object.keys(body)).toEqual(["contents"]);
    expect(dropped.toSorted()).toEqual([
      "logit_bias",
      "metadata",
      "presence_penalty",
      "prompt_cache_key",
      "seed",
      "service_tier",
      "some_beta",
      "user",
      "verbosity",
    ]);
  });

  it("refuses more stop sequences than the provider takes", () => {
    const stop = ["1", "2", "3", "4", "5", "6"];
    expect(refusal(() => config({ stop }))).toEqual(["unsupported_parameter", "stop"]);
    expect(encode({ stop }, flash3, { unsupported: "drop" })).toMatchObject({
      body: { generationConfig: { stopSequences: stop.slice(0, 5) } },
      dropped: ["stop"],
    });
  });

  it.each([
    ["default", "standard"],
    ["flex", "flex"],
    ["priority", "priority"],
    ["auto", undefined],
  ])("maps the service tier %s", (serviceTier, expected) => {
    expect(encode({ messages: [user("Hi")], serviceTier }).body["serviceTier"]).toBe(expected);
  });

  it("asks for JSON, with the schema in the form the model takes (Q56)", () => {
    const outputFormat = {
      type: "json-schema",
      name: "n",
      description: "d",
      schema: { type: "object", properties: { a: { type: "string" } } },
    } as const;
    expect(config({ outputFormat: { type: "json" } })).toEqual({ responseMimeType: "application/json" });
    expect(config({ outputFormat })).toEqual({
      responseMimeType: "application/json",
      responseJsonSchema: { ...outputFormat.schema, title: "n", description: "d" },
    });
    expect(config({ outputFormat }, old)).toMatchObject({
      responseSchema: { type: "OBJECT", propertyOrdering: ["a"] },
    });
  });

  it("puts no schema beside tools on models that combine them not", () => {
    const tools: ChatRequest["tools"] = [{ type: "function", name: "f" }];
    const request: Partial<ChatRequest> = { outputFormat: { type: "json" }, tools };
    expect(config(request)).toEqual({ responseMimeType: "application/json" });
    // A tool takes its place, where nothing else has to be called.
    expect(config(request, flash25)).toBe(undefined);
    expect(config({ ...request, toolChoice: { type: "required" } }, flash25)).toBe(undefined);
    const list: Partial<ChatRequest> = { outputFormat: { type: "json-schema", schema: { type: "array" } }, tools };
    expect(refusal(() => config(list, flash25))).toEqual(["unsupported_parameter", "response_format"]);
  });

  it("asks for images beside text, and refuses speech", () => {
    expect(config({ modalities: ["text"] })).toBe(undefined);
    expect(config({ modalities: ["text", "image"] })).toEqual({ responseModalities: ["TEXT", "IMAGE"] });
    expect(refusal(() => config({ modalities: ["text", "audio"] }))).toEqual(["unsupported_parameter", "modalities"]);
  });
});

describe("thinking", () => {
  it.each([
    [flash3, { effort: "minimal" }, { includeThoughts: true, thinkingLevel: "MINIMAL" }],
    [flash3, { effort: "xhigh" }, { includeThoughts: true, thinkingLevel: "HIGH" }],
    [flash3, { effort: "none" }, { includeThoughts: false, thinkingLevel: "MINIMAL" }],
    [flash3, { effort: "low", exclude: true }, { includeThoughts: false, thinkingLevel: "LOW" }],
    [flash3, { budgetTokens: 1024 }, { includeThoughts: true, thinkingLevel: "LOW" }],
    [flash3, { budgetTokens: 5000 }, { includeThoughts: true, thinkingLevel: "MEDIUM" }],
    [flash3, { budgetTokens: 30_000 }, { includeThoughts: true, thinkingLevel: "HIGH" }],
    [flash3, { enabled: true }, { includeThoughts: true }],
    ["gemini-3-pro-preview", { effort: "medium" }, { includeThoughts: true, thinkingLevel: "HIGH" }],
    ["gemini-3.1-pro-preview", { effort: "minimal" }, { includeThoughts: true, thinkingLevel: "LOW" }],
    ["gemini-3.1-pro-preview", { enabled: false }, { includeThoughts: false, thinkingLevel: "LOW" }],
    [flash25, { effort: "minimal" }, { includeThoughts: true, thinkingBudget: 1 }],
    [flash25, { effort: "low" }, { includeThoughts: true, thinkingBudget: 1024 }],
    [flash25, { effort: "medium" }, { includeThoughts: true, thinkingBudget: 8192 }],
    [flash25, { effort: "max" }, { includeThoughts: true, thinkingBudget: 24_576 }],
    [flash25, { effort: "none" }, { includeThoughts: false, thinkingBudget: 0 }],
    [flash25, { adaptive: true }, { includeThoughts: true, thinkingBudget: -1 }],
    ["gemini-2.5-flash-lite", { effort: "minimal" }, { includeThoughts: true, thinkingBudget: 512 }],
    ["models/gemini-2.5-pro", { effort: "none" }, { includeThoughts: false, thinkingBudget: 128 }],
    ["gemini-2.5-pro", { budgetTokens: 99_999 }, { includeThoughts: true, thinkingBudget: 32_768 }],
  ] as const)("asks %s for %j (Q59, Q60)", (model, reasoning, thinkingConfig) => {
    expect(config({ reasoning }, model)).toEqual({ thinkingConfig });
  });

  it("names the effort as dropped on models that do not think, and of efforts nobody knows", () => {
    const asked = (effort: string, model: string): readonly string[] =>
      encode({ reasoning: { effort } }, model).dropped;
    expect(asked("high", "gemini-2.0-flash")).toEqual(["reasoning_effort"]);
    expect(asked("none", "gemini-2.0-flash")).toEqual([]);
    expect(asked("frantic", flash3)).toEqual(["reasoning_effort"]);
  });
});

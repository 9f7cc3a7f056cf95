import { describe, expect, it } from "vitest";
import type { ChatRequest } from "../../chat/request.ts";
import { GatewayError } from "../../errors.ts";
import type { Json } from "../dialect.ts";
import { gemini, geminiCount } from "./gemini.ts";

const address = { model: "gemini/gemini-2.5-flash", stream: false };
const contents = [{ role: "user", parts: [{ text: "Hi" }] }];
const decode = (body: Json): ChatRequest => gemini.decodeRequest({ contents, ...body }, address);
const parts = (...list: readonly unknown[]): ChatRequest["messages"][number]["parts"] =>
  decode({ contents: [{ role: "model", parts: list }] }).messages[0]?.parts ?? [];
const rewritten = (body: Json, model = "gemini-2.5-flash"): unknown =>
  JSON.parse(String(gemini.encodeRequest(decode(body), { provider: "acme", model, quirks: {} }).body));

describe("contents", () => {
  it("may leave out role and brackets", () => {
    expect(decode({ contents: { parts: { text: "Hi" } } }).messages).toEqual([
      { role: "user", parts: [{ type: "text", text: "Hi" }] },
    ]);
  });

  it("keep media by their kind, and what stands beside them", () => {
    const inline = { inline_data: { mime_type: "image/png", data: "AA==" }, media_resolution: { level: "X" } };
    const file = { fileData: { mimeType: "video/mp4", fileUri: "https://a.test/b.mp4" }, videoMetadata: { fps: 2 } };
    const body = { contents: [{ role: "user", parts: [inline, file, { text: "?" }] }] };
    expect(decode(body).messages[0]?.parts).toMatchObject([
      { type: "image", source: { type: "base64", mediaType: "image/png", data: "AA==" } },
      { type: "file", source: { type: "url", url: "https://a.test/b.mp4", mediaType: "video/mp4" } },
      { type: "text" },
    ]);
    expect(rewritten(body)).toEqual({
      contents: [
        {
          role: "user",
          parts: [
            { inlineData: { mimeType: "image/png", data: "AA==" }, mediaResolution: { level: "X" } },
            file,
            { text: "?" },
          ],
        },
      ],
    });
  });

  it("name a file of the provider's own store by its id", () => {
    const fileUri = "https://generativelanguage.googleapis.com/v1beta/files/abc";
    expect(parts({ fileData: { fileUri } })).toEqual([
      { type: "file", source: { type: "file-id", fileId: "files/abc" } },
    ]);
  });

  it("give calls and results without ids the same one, by name and in order (Q45)", () => {
    const call = (name: string): Json => ({ functionCall: { name, args: {} } });
    const result = (name: string, value: number): Json => ({ functionResponse: { name, response: { value } } });
    const { messages } = decode({
      contents: [
        { role: "model", parts: [call("f"), call("g"), call("f")] },
        { role: "user", parts: [result("g", 1), result("f", 2), result("f", 3), { text: "?" }] },
        { role: "model", parts: [call("f")] },
        { role: "function", parts: [result("f", 4)] },
      ],
    });
    const ids = messages.flatMap((message) =>
      message.parts.map((part) =>
        part.type === "tool-call" ? part.id : part.type === "tool-result" ? part.toolCallId : part.type,
      ),
    );
    const [first, second, third, ...rest] = ids;
    expect(rest).toEqual([second, first, third, "text", rest[4], rest[4]]);
    expect(new Set([first, second, third, rest[4]]).size).toBe(4);
    expect(messages.map(({ role }) => role)).toEqual(["assistant", "tool", "user", "assistant", "tool"]);
  });

  it("keep ids that were given, and signatures where they stand", () => {
    const call = { functionCall: { id: "x1", name: "f", args: { a: 1 } }, thoughtSignature: "c2ln" };
    expect(parts(call, { text: "", thoughtSignature: "dA==" })).toEqual([
      {
        type: "tool-call",
        kind: "function",
        id: "x1",
        name: "f",
        arguments: '{"a":1}',
        signature: { format: "google-gemini-v1", value: "c2ln" },
      },
      { type: "text", text: "", signature: { format: "google-gemini-v1", value: "dA==" } },
    ]);
  });

  it.each([
    [{ output: "text" }, "text", undefined],
    [{ error: "no" }, "no", true],
    [{ error: { code: 1 } }, '{"code":1}', true],
    [{ output: '{"a":1}' }, '{"output":"{\\"a\\":1}"}', undefined],
    [{ a: 1 }, '{"a":1}', undefined],
    [{}, "{}", undefined],
  ])("read the result %j, which is written again as it was", (response, text, isError) => {
    const body = {
      contents: [
        { role: "user", parts: [{ text: "Hi" }] },
        { role: "model", parts: [{ functionCall: { name: "f", args: {} } }] },
        { role: "user", parts: [{ functionResponse: { name: "f", response } }] },
      ],
    };
    const [, , message] = decode(body).messages;
    expect(message?.parts[0]).toMatchObject({ content: [{ text }], ...(isError && { isError }) });
    expect(rewritten(body)).toEqual(body);
  });

  it("keep what only the provider understands as it was written", () => {
    const code = { executableCode: { language: "PYTHON", code: "1" }, thoughtSignature: "c2ln" };
    expect(parts(code)).toEqual([{ type: "opaque", dialect: "gemini", value: code }]);
  });
});

describe("tools", () => {
  it("are functions, and the provider's own beside them", () => {
    const parameters = { type: "OBJECT", properties: { a: { type: "STRING", nullable: true, minLength: "2" } } };
    const declaration = { name: "f", description: "d", parameters, behavior: "BLOCKING" };
    const tools = [{ functionDeclarations: [declaration], google_search: {} }];
    expect(decode({ tools }).tools).toEqual([
      {
        type: "function",
        name: "f",
        description: "d",
        parameters: { type: "object", properties: { a: { type: ["string", "null"], minLength: 2 } } },
        extras: { behavior: "BLOCKING" },
      },
      { type: "opaque", dialect: "gemini", value: { googleSearch: {} }, search: {} },
    ]);
    expect(rewritten({ tools })).toMatchObject({
      tools: [{ functionDeclarations: [{ name: "f", behavior: "BLOCKING" }] }, { googleSearch: {} }],
    });
  });

  it.each([
    [{ mode: "AUTO" }, { type: "auto" }],
    [{ mode: "NONE" }, { type: "none" }],
    [{ mode: "ANY" }, { type: "required" }],
    [
      { mode: "ANY", allowedFunctionNames: ["f"] },
      { type: "tool", name: "f" },
    ],
    [
      { mode: "ANY", allowed_function_names: ["f", "g"] },
      { type: "allowed", mode: "required", names: ["f", "g"] },
    ],
    [
      { mode: "VALIDATED", allowedFunctionNames: ["f"] },
      { type: "allowed", mode: "auto", names: ["f"] },
    ],
    [{ mode: "VALIDATED" }, undefined],
  ])("are chosen among by %j (Q51)", (functionCallingConfig, toolChoice) => {
    const toolConfig = { functionCallingConfig, retrievalConfig: { languageCode: "de" } };
    const tools = [{ functionDeclarations: [{ name: "f" }, { name: "g" }] }];
    expect(decode({ toolConfig }).toolChoice).toEqual(toolChoice);
    const { allowed_function_names: snake, ...rest } = functionCallingConfig as Json;
    const calling = snake === undefined ? rest : { ...rest, allowedFunctionNames: snake };
    expect(rewritten({ toolConfig, tools })).toMatchObject({
      toolConfig: { functionCallingConfig: calling, retrievalConfig: { languageCode: "de" } },
    });
  });
});

describe("settings", () => {
  it("are read in full", () => {
    const generationConfig = {
      temperature: 1,
      topP: 0.5,
      topK: 40,
      candidateCount: 2,
      maxOutputTokens: 9,
      stopSequences: ["x"],
      seed: -1,
      presencePenalty: 1,
      frequencyPenalty: -1,
      responseLogprobs: true,
      logprobs: 3,
      responseModalities: ["TEXT", "IMAGE"],
      speechConfig: { a: 1 },
    };
    expect(decode({ generationConfig, cachedContent: "c", serviceTier: "standard" })).toMatchObject({
      temperature: 1,
      topP: 0.5,
      topK: 40,
      choiceCount: 2,
      maxOutputTokens: 9,
      stop: ["x"],
      seed: -1,
      presencePenalty: 1,
      frequencyPenalty: -1,
      logprobs: true,
      topLogprobs: 3,
      modalities: ["text", "image"],
      serviceTier: "default",
      cachedContent: "c",
      extras: { generationConfig: { speechConfig: { a: 1 } } },
    });
    expect(rewritten({ generationConfig }, "gemini-2.0-flash")).toMatchObject({ generationConfig });
  });

  it.each([
    [{ responseMimeType: "application/json" }, { type: "json" }],
    [
      { response_mime_type: "application/json", response_schema: { type: "STRING", enum: ["a"], format: "enum" } },
      { type: "json-schema", schema: { type: "string", enum: ["a"] }, strict: true },
    ],
    [
      {
        responseMimeType: "application/json",
        responseSchema: { type: "OBJECT", properties: { a: {}, b: {} }, propertyOrdering: ["b", "a"] },
      },
      { type: "json-schema", schema: { type: "object", properties: { b: {}, a: {} } }, strict: true },
    ],
    [
      { responseMimeType: "application/json", responseJsonSchema: { type: "object" } },
      { type: "json-schema", schema: { type: "object" }, strict: true },
    ],
    [
      { responseMimeType: "application/json", responseSchema: { type: "INTEGER", enum: ["1", "2"], nullable: true } },
      { type: "json-schema", schema: { type: ["integer", "null"], enum: [1, 2, null] }, strict: true },
    ],
    [{ responseMimeType: "text/plain" }, { type: "text" }],
  ])("hold the answer to %j", (generationConfig, outputFormat) => {
    expect(JSON.stringify(decode({ generationConfig }).outputFormat)).toBe(JSON.stringify(outputFormat));
    expect(decode({ generationConfig }).extras).toBeUndefined();
  });

  it("leave a type of text that only this API has as it is", () => {
    const generationConfig = { responseMimeType: "text/x.enum", responseSchema: { type: "STRING", enum: ["a"] } };
    expect(decode({ generationConfig }).extras).toEqual({ generationConfig });
    expect(rewritten({ generationConfig })).toMatchObject({ generationConfig });
  });

  it.each([
    [{ includeThoughts: true }, { exclude: false }],
    [{ thinkingBudget: 512 }, { budgetTokens: 512, exclude: true }],
    [{ thinkingBudget: 0 }, { budgetTokens: 0, enabled: false, exclude: true }],
    [{ thinkingBudget: -1 }, { adaptive: true, exclude: true }],
    [
      { thinking_level: "HIGH", include_thoughts: true },
      { effort: "high", exclude: false },
    ],
  ])("let it think by %j", (thinkingConfig, reasoning) => {
    expect(decode({ generationConfig: { thinkingConfig } }).reasoning).toEqual(reasoning);
  });
});

const thrownBy = (action: () => unknown): unknown => {
  try {
    action();
    return undefined;
  } catch (error) {
    return error;
  }
};

describe("a request that is none", () => {
  it.each<[string, Json]>([
    ["contents", { contents: undefined }],
    ["contents", { contents: [] }],
    ["contents", { contents: "Hi" }],
    ["contents[0]", { contents: ["Hi"] }],
    ["contents[0].role", { contents: [{ role: "system", parts: [] }] }],
    ["contents[0].parts", { contents: [{ parts: 3 }] }],
    ["contents[0].parts[0]", { contents: [{ parts: ["Hi"] }] }],
    ["contents[0].parts[0].text", { contents: [{ parts: [{ text: 3 }] }] }],
    ["contents[0].parts[0].inlineData.mimeType", { contents: [{ parts: [{ inlineData: {} }] }] }],
    ["contents[0].parts[0].fileData.fileUri", { contents: [{ parts: [{ fileData: {} }] }] }],
    [
      "contents[0].parts[0].functionCall.args",
      { contents: [{ role: "model", parts: [{ functionCall: { name: "f", args: [] } }] }] },
    ],
    ["contents[0].parts[0].functionResponse.name", { contents: [{ parts: [{ functionResponse: {} }] }] }],
    ["contents[0].parts[0].thoughtSignature", { contents: [{ parts: [{ text: "", thoughtSignature: 1 }] }] }],
    ["systemInstruction", { systemInstruction: "Hi" }],
    ["tools", { tools: 3 }],
    ["tools[0]", { tools: [null] }],
    ["tools[0].functionDeclarations[0].name", { tools: [{ functionDeclarations: [{}] }] }],
    ["toolConfig.functionCallingConfig.mode", { toolConfig: { functionCallingConfig: { mode: 2 } } }],
    ["generationConfig", { generationConfig: [] }],
    ["generationConfig.temperature", { generationConfig: { temperature: 3 } }],
    ["generationConfig.candidateCount", { generationConfig: { candidateCount: 0 } }],
    ["generationConfig.stopSequences", { generationConfig: { stopSequences: "x" } }],
    [
      "generationConfig.thinkingConfig.thinkingBudget",
      { generationConfig: { thinkingConfig: { thinkingBudget: 0.5 } } },
    ],
    ["serviceTier", { serviceTier: 1 }],
  ])("is refused by the name of its field: %s", (param, body) => {
    const thrown = thrownBy(() => decode(body));
    expect(GatewayError.is(thrown) && { code: thrown.code, param: thrown.param }).toEqual({
      code: "invalid_value",
      param,
    });
  });

  it("never fails in another way, whatever stands in its place", () => {
    const body = {
      contents: [
        {
          role: "model",
          parts: [
            { text: "a" },
            { functionCall: { name: "f", args: {} } },
            { functionResponse: { name: "f", response: {} } },
          ],
        },
      ],
      tools: [
        { functionDeclarations: [{ name: "f", parameters: { type: "OBJECT", properties: {}, anyOf: [], items: {} } }] },
      ],
      toolConfig: { functionCallingConfig: { mode: "ANY", allowedFunctionNames: [] } },
      generationConfig: {
        responseMimeType: "application/json",
        responseSchema: { enum: [], propertyOrdering: [] },
        thinkingConfig: {},
      },
      systemInstruction: { parts: [{ text: "a" }] },
    };
    const places: (readonly (string | number)[])[] = [];
    const walk = (value: unknown, path: readonly (string | number)[]): void => {
      places.push(path);
      if (typeof value !== "object" || value === null) return;
      for (const [key, inner] of Object.entries(value)) walk(inner, [...path, key]);
    };
    walk(body, []);
    for (const path of places.slice(1)) {
      for (const junk of [null, 0, -1, "", "x", true, [], [null], {}, { __proto__: 1 }]) {
        const copy = structuredClone(body) as Record<string, unknown>;
        let holder: Record<string, unknown> = copy;
        for (const key of path.slice(0, -1)) holder = holder[key] as Record<string, unknown>;
        holder[String(path.at(-1))] = junk;
        const error = thrownBy(() => {
          const request = gemini.decodeRequest(copy, address);
          gemini.encodeRequest(request, { provider: "acme", model: "gemini-2.5-flash", quirks: {} });
        });
        const isFine = error === undefined || GatewayError.is(error);
        expect(isFine, `${path.join(".")}: ${JSON.stringify(junk)}: ${String(error)}`).toBe(true);
      }
    }
  });
});

it("a count may hold a whole request", () => {
  const request = geminiCount.decodeRequest({ generateContentRequest: { model: "m", contents } }, address);
  expect(request.messages).toEqual(decode({}).messages);
});

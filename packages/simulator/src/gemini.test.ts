import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { contents, geminiPath, post, readJsonEvents, type Body } from "../test/client.ts";
import { startSimulator, type Simulator } from "./simulator.ts";

let simulator: Simulator;
beforeAll(async () => {
  simulator = await startSimulator();
});
afterEach(() => simulator.reset());
afterAll(() => simulator.close());

// Answers are looked into freely here; each expectation is the check.
// oxlint-disable-next-line typescript/no-explicit-any
const ask = async (body: unknown, model = "gemini-2.5-flash"): Promise<any> =>
  (await post(simulator, geminiPath(model), body)).json();

const stream = async (body: unknown, model = "gemini-2.5-flash"): Promise<string> =>
  (await post(simulator, `${geminiPath(model, "streamGenerateContent")}?alt=sse`, body)).text();

const declaration = {
  name: "get_weather",
  parameters: { type: "OBJECT", properties: { city: { type: "STRING" } }, required: ["city"] },
};
const tools = [{ functionDeclarations: [declaration] }];
const question = "What is the weather in Paris and Rome?";

describe("answers", () => {
  test("have candidates, usage and a model version, the same for the same request", async () => {
    const answer = await ask(contents('Say "alpha"'));
    expect(answer).toMatchObject({
      candidates: [{ content: { role: "model", parts: [{ text: "alpha" }] }, finishReason: "STOP", index: 0 }],
      modelVersion: "gemini-2.5-flash",
    });
    const { promptTokenCount, candidatesTokenCount, totalTokenCount } = answer.usageMetadata;
    expect(totalTokenCount).toBe(promptTokenCount + candidatesTokenCount);
    expect(await ask(contents('Say "alpha"'))).toEqual(answer);
  });

  test("take both spellings of a field", async () => {
    const camel = await ask(contents("Count to 50", { generationConfig: { maxOutputTokens: 4 } }));
    const snake = await ask(contents("Count to 50", { generation_config: { max_output_tokens: 4 } }));
    expect(camel.candidates[0].finishReason).toBe("MAX_TOKENS");
    expect(snake.candidates[0].finishReason).toBe("MAX_TOKENS");
  });

  test("come in as many candidates as were asked for, and stop at stop sequences", async () => {
    const answer = await ask(contents("Count to 9", { generationConfig: { candidateCount: 2, stopSequences: ["4"] } }));
    expect(answer.candidates).toMatchObject([
      { index: 0, content: { parts: [{ text: "1, 2, 3, " }] } },
      { index: 1, content: { parts: [{ text: "1, 2, 3, " }] } },
    ]);
  });

  test("are JSON that fits either kind of schema", async () => {
    const older = { type: "OBJECT", properties: { city: { type: "STRING" } }, required: ["city"] };
    const newer = { type: "object", properties: { city: { type: "string" } }, additionalProperties: false };
    for (const config of [{ responseSchema: older }, { responseJsonSchema: newer }]) {
      const answer = await ask(
        contents("Where is Lisbon?", { generationConfig: { responseMimeType: "application/json", ...config } }),
      );
      expect(JSON.parse(answer.candidates[0].content.parts[0].text)).toEqual({ city: "Lisbon" });
    }
  });

  test("show thoughts only when asked, and count them apart", async () => {
    const config = (includeThoughts: boolean): Body => ({
      generationConfig: { thinkingConfig: { thinkingBudget: 2000, includeThoughts } },
    });
    const shown = await ask(contents("Why?", config(true)));
    expect(shown.candidates[0].content.parts[0]).toMatchObject({ thought: true });
    expect(shown.candidates[0].content.parts[1]).toHaveProperty("thoughtSignature");
    const hidden = await ask(contents("Why?", config(false)));
    expect(hidden.candidates[0].content.parts).toHaveLength(1);
    const { promptTokenCount, candidatesTokenCount, thoughtsTokenCount, totalTokenCount } = hidden.usageMetadata;
    expect(thoughtsTokenCount).toBeGreaterThan(0);
    expect(totalTokenCount).toBe(promptTokenCount + candidatesTokenCount + thoughtsTokenCount);
  });

  test("count the tokens of a prompt as the answer reports them", async () => {
    const body = contents("How many tokens are these?");
    const counted = await (await post(simulator, geminiPath("gemini-2.5-flash", "countTokens"), body)).json();
    expect(counted).toHaveProperty("totalTokens", (await ask(body)).usageMetadata.promptTokenCount);
  });
});

describe("function calls", () => {
  const replay = (model: unknown, responses: readonly unknown[]): Body => ({
    tools,
    contents: [{ role: "user", parts: [{ text: question }] }, model, { role: "user", parts: responses }],
  });
  // oxlint-disable-next-line typescript/no-explicit-any
  const respond = (part: any): unknown => ({
    functionResponse: { ...part.functionCall, args: undefined, response: { output: "21°C" } },
  });

  test("end with STOP; the first of them carries the signature, and results are used", async () => {
    const { content, finishReason } = (await ask(contents(question, { tools }), "gemini-3-pro-preview")).candidates[0];
    expect(finishReason).toBe("STOP");
    expect(content.parts.map((part: { functionCall: Body }) => part.functionCall["args"])).toEqual([
      { city: "Paris" },
      { city: "Rome" },
    ]);
    expect(content.parts[0]).toHaveProperty("thoughtSignature");
    expect(content.parts[1]).not.toHaveProperty("thoughtSignature");
    const answer = await ask(replay(content, content.parts.map(respond)), "gemini-3-pro-preview");
    expect(answer.candidates[0].content.parts[0].text).toContain("21°C");
  });

  test("have ids for newer models, which their responses have to repeat", async () => {
    const model = "gemini-3.6-flash";
    const { content } = (await ask(contents(question, { tools }), model)).candidates[0];
    const responses = content.parts.map(respond);
    expect(new Set(content.parts.map((part: { functionCall: Body }) => part.functionCall["id"])).size).toBe(2);
    expect((await ask(replay(content, responses), model)).candidates).toHaveLength(1);
    const forgotten = responses.map((part: { functionResponse: Body }) => ({
      functionResponse: { ...part.functionResponse, id: undefined },
    }));
    expect((await ask(replay(content, forgotten), model)).error.code).toBe(400);
  });

  test("are refused without their signature, with another one, and on another call", async () => {
    const model = "gemini-3-pro-preview";
    const { content } = (await ask(contents(question, { tools }), model)).candidates[0];
    const [first, second] = content.parts;
    const responses = content.parts.map(respond);
    const send = (parts: unknown) => ask(replay({ role: "model", parts }, responses), model);
    expect((await send([{ ...first, thoughtSignature: undefined }, second])).error.message).toContain(
      "missing a thought_signature",
    );
    expect((await send([{ ...first, thoughtSignature: "Zm9yZ2Vk" }, second])).error.message).toContain("not valid");
    const moved = [{ ...first, functionCall: second.functionCall }, second];
    expect((await send(moved)).error.message).toContain("not valid");
    const skipped = [{ ...first, thoughtSignature: "skip_thought_signature_validator" }, second];
    expect((await send(skipped)).candidates).toHaveLength(1);
  });

  test("leave out args when there are none", async () => {
    const bell = [{ functionDeclarations: [{ name: "ring_bell" }] }];
    const answer = await ask(contents("ring_bell now", { tools: bell }));
    expect(answer.candidates[0].content.parts).toEqual([{ functionCall: { name: "ring_bell" } }]);
  });

  test("are forced by mode ANY among the allowed names, and forbidden by NONE", async () => {
    const mode = (functionCallingConfig: Body): Body =>
      contents("Good morning", { tools, toolConfig: { functionCallingConfig } });
    const forced = await ask(mode({ mode: "ANY", allowedFunctionNames: ["get_weather"] }));
    expect(forced.candidates[0].content.parts[0].functionCall.name).toBe("get_weather");
    expect((await ask(mode({ mode: "NONE" }))).candidates[0].content.parts[0]).toHaveProperty("text");
  });
});

describe("streams", () => {
  test("are events with CRLF and cumulative usage, and add up to the whole answer", async () => {
    const body = contents("Explain rain", {
      generationConfig: { thinkingConfig: { thinkingLevel: "LOW", includeThoughts: true } },
    });
    const text = await stream(body);
    expect(text.split("\r\n\r\n").length).toBeGreaterThan(4);
    expect(text.replaceAll("\r\n", "")).not.toContain("\n");
    const chunks = readJsonEvents(text);
    const whole = await ask(body);
    const parts = chunks.flatMap((chunk) => chunk.candidates[0].content.parts);
    const shown = parts.filter((part) => part.thought !== true).map((part) => part.text);
    expect(shown.join("")).toBe(whole.candidates[0].content.parts[1].text);
    expect(chunks.at(-1).usageMetadata).toEqual(whole.usageMetadata);
    expect(chunks.at(-1).candidates[0]).toMatchObject({
      finishReason: "STOP",
      content: { parts: [{ text: "", thoughtSignature: expect.any(String) }] },
    });
    expect(chunks.slice(0, -1).every((chunk) => chunk.candidates[0].finishReason === undefined)).toBe(true);
  });

  test("are one JSON array without alt=sse", async () => {
    const response = await post(
      simulator,
      geminiPath("gemini-2.5-flash", "streamGenerateContent"),
      contents("Explain rain"),
    );
    expect(response.headers.get("content-type")).toMatch(/^application\/json/u);
    const items: unknown = await response.json();
    expect(items).toEqual(readJsonEvents(await stream(contents("Explain rain"))));
  });
});

describe("requests that are refused", () => {
  const config = (generationConfig: Body): Body => contents("x", { generationConfig });

  test.each<[string, unknown, string]>([
    ["not JSON", "{nope", "Invalid JSON"],
    ["no contents", {}, "contents is not specified"],
    [
      "a role of another format",
      { contents: [{ role: "assistant", parts: [{ text: "x" }] }] },
      "valid role: user, model",
    ],
    ["no parts", { contents: [{ role: "user", parts: [] }] }, "at least one parts field"],
    ["an empty part", { contents: [{ role: "user", parts: [{}] }] }, "must have one initialized field"],
    ["two kinds of data in one part", { contents: [{ parts: [{ text: "x", fileData: {} }] }] }, "already set"],
    [
      "a stray response",
      { contents: [{ parts: [{ functionResponse: { name: "a", response: {} } }] }] },
      "number of function response parts",
    ],
    [
      "a response that is no object",
      { contents: [{ parts: [{ functionResponse: { name: "a", response: "x" } }] }] },
      "object as response",
    ],
    [
      "a call without a response",
      { contents: [{ role: "model", parts: [{ functionCall: { name: "a" } }] }, { parts: [{ text: "x" }] }] },
      "followed by a function response",
    ],
    ["both thinking settings", config({ thinkingConfig: { thinkingBudget: 5, thinkingLevel: "LOW" } }), "only one of"],
    ["nine candidates", config({ candidateCount: 9 }), "candidate_count"],
    ["six stop sequences", config({ stopSequences: ["a", "b", "c", "d", "e", "f"] }), "stop sequences"],
    ["a schema without its mime type", config({ responseJsonSchema: {} }), "response_mime_type"],
    [
      "JSON and tools for an older model",
      contents("x", { tools, generationConfig: { responseMimeType: "application/json" } }),
      "unsupported",
    ],
    [
      "JSON Schema words in the older schema",
      contents("x", {
        tools: [{ functionDeclarations: [{ name: "a", parameters: { type: "OBJECT", additionalProperties: false } }] }],
      }),
      "additionalProperties",
    ],
    ["an unknown mode", contents("x", { tools, toolConfig: { functionCallingConfig: { mode: "MAYBE" } } }), "MAYBE"],
    ["an unknown field", contents("x", { messages: [] }), 'Unknown name \\"messages\\"'],
    ["an unknown setting", config({ max_tokens: 5 }), 'Unknown name \\"max_tokens\\"'],
  ])("%s", async (_, body, message) => {
    const response = await post(simulator, geminiPath("gemini-2.5-flash"), body);
    expect(response.status).toBe(400);
    const answer: unknown = await response.json();
    expect(answer).toMatchObject({ error: { code: 400, status: "INVALID_ARGUMENT" } });
    expect(JSON.stringify(answer)).toContain(message);
  });

  test("no key; the header and the query will do", async () => {
    const none = { authorization: "", "x-goog-api-key": "" };
    expect((await post(simulator, geminiPath("gemini-2.5-flash"), contents("x"), none)).status).toBe(403);
    expect((await post(simulator, `${geminiPath("gemini-2.5-flash")}?key=k`, contents("x"), none)).status).toBe(200);
  });
});

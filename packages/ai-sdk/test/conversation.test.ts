import { generateText, isStepCount, jsonSchema, Output, streamText, tool } from "ai";
import { describe, expect, test } from "vitest";
import { chatAnswer, chatStream, messagesAnswer, messagesStream } from "../../core/src/testing/wire.ts";
import { languageModel } from "../src/index.ts";
import { claudeCalls, claudeCallsStream, geminiCalls, geminiSays, openaiCalls, redacted, thinking } from "./answers.ts";
import { setUp } from "./set-up.ts";

const tools = {
  weather: tool({
    description: "Tells the weather of a city.",
    inputSchema: jsonSchema<{ city: string }>({ type: "object", properties: { city: { type: "string" } } }),
    execute: ({ city }) =>
      city === "Oslo" ? Promise.reject(new Error("No station.")) : Promise.resolve({ city, degrees: 20 }),
  }),
};
const prompt = "How is the weather?";
const stopWhen = isStepCount(3);

describe("text", () => {
  test("comes whole, with what it took and who gave it", async () => {
    const { gateway, ledger, sent } = setUp([{ body: chatAnswer("Hello") }]);
    const model = languageModel(gateway, "fast", { principal: { id: "ada", tenant: "acme" } });
    const answer = await generateText({ model, prompt: "Hi" });
    expect(answer).toMatchObject({
      text: "Hello",
      finishReason: "stop",
      usage: { inputTokens: 10, outputTokens: 5, totalTokens: 15 },
      providerMetadata: { llmGateway: { target: "openai/gpt-5-mini" } },
      response: { id: "chatcmpl-1", modelId: "gpt-test-2026" },
      warnings: [],
    });
    expect(answer.usage.raw?.["costNanoUsd"]).toBe(ledger.rows()[0]?.costNanoUsd);
    expect(answer.usage.raw?.["costNanoUsd"]).toBeGreaterThan(0);
    expect(ledger.rows()).toMatchObject([{ principal: "ada", tenant: "acme", exit: "complete" }]);
    expect(sent()).toMatchObject([{ model: "gpt-5-mini", messages: [{ role: "user", content: "Hi" }] }]);
  });

  test("comes with a warning for each setting its provider does not have", async () => {
    const { gateway, sent } = setUp([{ body: messagesAnswer("Hello") }, { body: messagesStream("Hello") }]);
    const call = { model: languageModel(gateway, "thoughtful"), prompt: "Hi", seed: 7 };
    const warnings = [{ type: "unsupported", feature: "seed" }];
    expect((await generateText(call)).warnings).toMatchObject(warnings);
    expect(await streamText(call).warnings).toMatchObject(warnings);
    expect(sent()[0]).not.toHaveProperty("seed");
  });

  test("comes piece by piece", async () => {
    const { gateway, ledger } = setUp([{ body: chatStream("Hel", "lo") }]);
    const result = streamText({ model: languageModel(gateway, "fast"), prompt: "Hi" });
    const pieces: string[] = [];
    for await (const piece of result.textStream) pieces.push(piece);
    expect(pieces).toEqual(["Hel", "lo"]);
    expect(await result.finishReason).toBe("stop");
    expect(await result.usage).toMatchObject({ inputTokens: 10, outputTokens: 5 });
    expect(await result.response).toMatchObject({ id: "chatcmpl-1", modelId: "gpt-test-2026" });
    expect(ledger.rows()).toMatchObject([{ principal: "in-process", exit: "complete" }]);
  });
});

describe("structured output", () => {
  const schema = jsonSchema<{ city: string }>({
    type: "object",
    properties: { city: { type: "string" } },
    required: ["city"],
    additionalProperties: false,
  });
  const output = Output.object({ schema });

  test("is asked for by its schema and comes as an object", async () => {
    const { gateway, sent } = setUp([{ body: chatAnswer('{"city":"Rome"}') }]);
    const answer = await generateText({ model: languageModel(gateway, "fast"), prompt: "Where?", output });
    expect(answer.output).toEqual({ city: "Rome" });
    expect(sent()).toMatchObject([{ response_format: { type: "json_schema", json_schema: { strict: true } } }]);
  });

  test("grows as it comes", async () => {
    const { gateway } = setUp([{ body: chatStream('{"city":', '"Ro', 'me"}') }]);
    const result = streamText({ model: languageModel(gateway, "fast"), prompt: "Where?", output });
    const seen: unknown[] = [];
    for await (const partial of result.partialOutputStream) seen.push(partial);
    expect(seen).toContainEqual({ city: "Ro" });
    expect(await result.output).toEqual({ city: "Rome" });
  });
});

describe("tools", () => {
  test("are called, and their results go back, failures as such", async () => {
    const calls = openaiCalls(
      { id: "call_1", name: "weather", arguments: '{"city":"Rome"}' },
      { id: "call_2", name: "weather", arguments: '{"city":"Oslo"}' },
    );
    const { gateway, sent } = setUp([{ body: calls }, { body: chatAnswer("Fine.") }]);
    const answer = await generateText({ model: languageModel(gateway, "fast"), prompt, tools, stopWhen });
    expect(answer.text).toBe("Fine.");
    expect(answer.steps.map(({ finishReason }) => finishReason)).toEqual(["tool-calls", "stop"]);
    expect(sent()[0]).toMatchObject({ tools: [{ function: { name: "weather" } }], tool_choice: "auto" });
    expect(sent()[1]?.["messages"]).toMatchObject([
      { role: "user", content: prompt },
      {
        role: "assistant",
        tool_calls: [
          { id: "call_1", function: { name: "weather", arguments: '{"city":"Rome"}' } },
          { id: "call_2", function: { name: "weather", arguments: '{"city":"Oslo"}' } },
        ],
      },
      { role: "tool", tool_call_id: "call_1", content: '{"city":"Rome","degrees":20}' },
      { role: "tool", tool_call_id: "call_2", content: "Error: No station." },
    ]);
  });

  const assistantTurn = {
    role: "assistant",
    content: [
      thinking,
      redacted,
      { type: "text", text: "Let me look." },
      { type: "tool_use", id: "toolu_1", name: "weather", input: { city: "Rome" } },
    ],
  };

  test("a thought goes back signed as it came", async () => {
    const { gateway, sent } = setUp([{ body: claudeCalls }, { body: messagesAnswer("Fine.") }]);
    const answer = await generateText({
      model: languageModel(gateway, "thoughtful"),
      prompt,
      tools,
      stopWhen,
      reasoning: "low",
    });
    expect(answer.text).toBe("Fine.");
    expect(answer.steps[0]?.reasoningText).toBe("It may rain.");
    expect(sent()[1]?.["messages"]).toMatchObject([{ role: "user" }, assistantTurn, { role: "user" }]);
  });

  test("a streamed thought, too", async () => {
    const { gateway, sent } = setUp([{ body: claudeCallsStream }, { body: messagesStream("Fi", "ne.") }]);
    const result = streamText({
      model: languageModel(gateway, "thoughtful"),
      prompt,
      tools,
      stopWhen,
      reasoning: "low",
    });
    expect(await result.text).toBe("Fine.");
    expect((await result.steps)[0]?.reasoningText).toBe("It may rain.");
    expect(sent()[1]?.["messages"]).toMatchObject([{ role: "user" }, assistantTurn, { role: "user" }]);
  });

  test("a signed call goes back with its signature", async () => {
    const { gateway, sent } = setUp([{ body: geminiCalls }, { body: geminiSays("Fine.") }]);
    const model = languageModel(gateway, "gemini/gemini-2.5-flash");
    const answer = await generateText({ model, prompt, tools, stopWhen });
    expect(answer.text).toBe("Fine.");
    expect(answer.steps[0]?.usage.outputTokenDetails).toEqual({ textTokens: 5, reasoningTokens: 3 });
    expect(sent()[1]?.["contents"]).toMatchObject([
      { role: "user" },
      { role: "model", parts: [{ functionCall: { name: "weather" }, thoughtSignature: "c2lnbmVk" }] },
      { role: "user", parts: [{ functionResponse: { name: "weather", response: { city: "Rome", degrees: 20 } } }] },
    ]);
  });
});

test("a file given by address is downloaded first, so that every provider can take it", async () => {
  const { gateway, sent } = setUp([{ body: chatAnswer("A dot.") }]);
  await generateText({
    model: languageModel(gateway, "fast"),
    messages: [
      {
        role: "user",
        content: [{ type: "file", mediaType: "image/png", data: new URL("https://example.org/dot.png") }],
      },
    ],
    experimental_download: (files) =>
      Promise.resolve(files.map(() => ({ data: new Uint8Array([1, 2, 3]), mediaType: "image/png" }))),
  });
  expect(sent()[0]?.["messages"]).toMatchObject([
    { content: [{ type: "image_url", image_url: { url: "data:image/png;base64,AQID" } }] },
  ]);
});

test("what the gateway's own options ask for reaches the provider", async () => {
  const { gateway, sent } = setUp([{ body: chatAnswer("Hi") }]);
  await generateText({
    model: languageModel(gateway, "fast"),
    prompt: "Hi",
    providerOptions: { llmGateway: { serviceTier: "flex", reasoning: { effort: "minimal" } } },
  });
  expect(sent()).toMatchObject([{ service_tier: "flex", reasoning_effort: "minimal" }]);
});

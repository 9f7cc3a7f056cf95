import { createAnthropic } from "@ai-sdk/anthropic";
import { createGoogle } from "@ai-sdk/google";
import { createOpenAI } from "@ai-sdk/openai";
import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import {
  APICallError,
  generateObject,
  generateText,
  isStepCount,
  Output,
  streamText,
  tool,
  type LanguageModel,
} from "ai";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { apiKey, arrived, everyModel, failureOf, hostOfFile, models } from "./host.ts";
import { conclusion, question, report, weather } from "./weather.ts";

const host = hostOfFile();
// What the packages think of models they do not know is not looked at here.
globalThis.AI_SDK_LOG_WARNINGS = false;

type ModelOf = (model: string, key?: string) => LanguageModel;

/** The model of each provider package; all of them are pointed at the gateway. */
const clients: Readonly<Record<string, ModelOf>> = {
  "@ai-sdk/openai, chat": (model, key = apiKey) =>
    createOpenAI({ apiKey: key, baseURL: `${host().origin}/v1` }).chat(model),
  "@ai-sdk/openai, responses": (model, key = apiKey) =>
    createOpenAI({ apiKey: key, baseURL: `${host().origin}/v1` }).responses(model),
  "@ai-sdk/anthropic": (model, key = apiKey) =>
    createAnthropic({ apiKey: key, baseURL: `${host().origin}/v1` }).messages(model),
  "@ai-sdk/google": (model, key = apiKey) => createGoogle({ apiKey: key, baseURL: `${host().origin}/v1beta` })(model),
  "@ai-sdk/openai-compatible": (model, key = apiKey) =>
    createOpenAICompatible({
      name: "gateway",
      apiKey: key,
      baseURL: `${host().origin}/v1`,
      includeUsage: true,
      supportsStructuredOutputs: true,
    }).chatModel(model),
};
const everyClient = Object.entries(clients);

const Place = z.object({ city: z.string(), people: z.number(), tags: z.array(z.string()) });

const call = { maxRetries: 0, maxOutputTokens: 2_000 };
const tools = {
  [weather.name]: tool({
    description: weather.description,
    inputSchema: z.object({ city: z.string() }),
    execute: report,
  }),
};
/** Of models it does not know, one package has them call a tool for an object, which Ollama's can not be made to. */
const isMadeToCall = (client: string, name: string): boolean =>
  client === "@ai-sdk/anthropic" && name === models.ollama;

const silently = { onError: () => {} };

describe.each(everyClient)("%s", (client, modelOf) => {
  describe.each(everyModel)("in front of %s", (_dialect, name) => {
    test("a whole answer and a stream", async () => {
      const whole = await generateText({ ...call, model: modelOf(name), prompt: "Explain rain" });
      expect(whole.finishReason).toBe("stop");
      expect(whole.usage.outputTokens).toBeGreaterThan(0);
      const stream = streamText({ ...call, ...silently, model: modelOf(name), prompt: "Explain rain" });
      const pieces: string[] = [];
      for await (const piece of stream.textStream) pieces.push(piece);
      expect(pieces.length).toBeGreaterThan(5);
      expect(pieces.join("")).toBe(whole.text);
      expect(await stream.finishReason).toBe("stop");
      expect((await stream.usage).outputTokens).toBe(whole.usage.outputTokens);
    });

    test("tools that are run until the model concludes, whole and streamed", async () => {
      const steps = { ...call, tools, stopWhen: isStepCount(4), prompt: question };
      const whole = await generateText({ ...steps, model: modelOf(name) });
      expect(whole.text).toMatch(conclusion);
      expect(whole.steps.map(({ finishReason }) => finishReason)).toEqual(["tool-calls", "stop"]);
      expect(whole.steps[0]?.toolCalls.map(({ input }) => input)).toEqual([{ city: "Paris" }, { city: "Rome" }]);
      const stream = streamText({ ...steps, ...silently, model: modelOf(name) });
      expect(await stream.text).toMatch(conclusion);
      expect((await stream.steps).map(({ finishReason }) => finishReason)).toEqual(["tool-calls", "stop"]);
    });
  });

  test.each(everyModel.filter(([, name]) => !isMadeToCall(client, name)))(
    "objects, whole and streamed, in front of %s",
    async (_dialect, name) => {
      const asked = { ...call, model: modelOf(name), prompt: "Where is Lisbon?" };
      const whole = await generateText({ ...asked, output: Output.object({ schema: Place }) });
      expect(whole.output).toMatchObject({ city: "Lisbon" });
      expect((await generateObject({ ...asked, schema: Place })).object).toMatchObject({ city: "Lisbon" });
      const stream = streamText({ ...asked, ...silently, output: Output.object({ schema: Place }) });
      expect(await stream.output).toMatchObject({ city: "Lisbon" });
    },
  );

  test.each([
    [400, "anthropic/fault:400", false],
    [404, "nobody/knows-it", false],
    [429, "bedrock/fault:429", true],
    [503, "gemini/fault:503", true],
  ])("an error with %i", async (status, name, mayRetry) => {
    const asked = { ...call, model: modelOf(name), prompt: "Hello" };
    const error = await failureOf(generateText(asked));
    expect(APICallError.isInstance(error)).toBe(true);
    expect(error).toMatchObject({ statusCode: status, isRetryable: mayRetry });
    const stream = streamText({ ...asked, ...silently });
    const parts: unknown[] = [];
    for await (const part of stream.fullStream) if (part.type === "error") parts.push(part.error);
    expect(parts).toMatchObject([{ statusCode: status }]);
  });

  test("an error with 401", async () => {
    const model = modelOf(models["openai-chat"], "sk-of-somebody-else");
    expect(await failureOf(generateText({ ...call, model, prompt: "Hello" }))).toHaveProperty("statusCode", 401);
  });

  test("an error inside a stream", async () => {
    const model = modelOf("anthropic/fault:error-mid-stream");
    const types: string[] = [];
    const read = async (): Promise<void> => {
      const stream = streamText({ ...call, ...silently, model, prompt: "Explain rain" });
      for await (const part of stream.fullStream) types.push(part.type);
    };
    // The connection breaks after it, which this SDK may notice first.
    const failure = await failureOf(read());
    expect(types).toContain("text-delta");
    expect(failure !== undefined || types.includes("error")).toBe(true);
  });

  test("who is told to come again does", async () => {
    const model = modelOf("openai/gpt-4o");
    host().simulator.script({ provider: "openai", fault: "503?retry-after-ms=1", times: 1 });
    const { text } = await generateText({ ...call, maxRetries: 1, model, prompt: 'Say "alpha"' });
    expect(text).toBe("alpha");
    expect(host().simulator.requests).toHaveLength(2);
  });

  test("who leaves in the middle of a stream hangs up on the provider", async () => {
    const abort = new AbortController();
    const model = modelOf("anthropic/fault:stall-mid-stream");
    const asked = { ...call, ...silently, model, prompt: "Explain rain", abortSignal: abort.signal };
    const types: string[] = [];
    for await (const part of streamText(asked).fullStream) {
      types.push(part.type);
      if (part.type === "text-delta") abort.abort();
    }
    expect(types).toContain("abort");
    const request = await arrived(host());
    await request.closed;
    expect(request.hungUp).toBe(true);
  });
});

test.each(everyClient)("%s keeps its place in a conversation", async (_client, modelOf) => {
  const first = await generateText({ ...call, model: modelOf(models.gemini), prompt: 'Say "alpha"' });
  const messages = [
    { role: "user" as const, content: 'Say "alpha"' },
    ...first.response.messages,
    { role: "user" as const, content: 'Say "beta"' },
  ];
  const second = await generateText({ ...call, model: modelOf(models["anthropic-messages"]), messages });
  expect(second.text).toBe("beta");
  // What the model itself said has to be there, also where the package only refers to it.
  expect(host().simulator.requests.at(-1)?.body).toMatchObject({
    messages: [{ role: "user" }, { role: "assistant", content: [{ text: "alpha" }] }, { role: "user" }],
  });
});

test("a model that cannot be made to call a tool is not asked for an object that way", async () => {
  const model = createAnthropic({ apiKey, baseURL: `${host().origin}/v1` }).messages(models.ollama);
  const asked = generateText({ ...call, model, prompt: "Where?", output: Output.object({ schema: Place }) });
  expect(await failureOf(asked)).toMatchObject({ statusCode: 400, message: expect.stringContaining("tool_choice") });
  expect(host().simulator.requests).toHaveLength(0);
});

import {
  ApiError,
  FunctionCallingConfigMode,
  GoogleGenAI,
  type CallableTool,
  type GenerateContentResponse,
  type Part,
} from "@google/genai";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { apiKey, arrived, everyModel, failureOf, hostOfFile, models } from "./host.ts";
import { conclusion, question, report, weather } from "./weather.ts";

const host = hostOfFile();

const client = (key = apiKey, attempts = 1): GoogleGenAI =>
  new GoogleGenAI({
    apiKey: key,
    httpOptions: { baseUrl: host().origin, retryOptions: { attempts, initialDelay: 0.001, jitter: 0 } },
  });

const Place = z.object({ city: z.string(), people: z.number(), tags: z.array(z.string()) });

const declaration = { name: weather.name, description: weather.description, parametersJsonSchema: weather.schema };

/** A tool that the SDK calls by itself. */
const callable: CallableTool = {
  tool: () => Promise.resolve({ functionDeclarations: [declaration] }),
  callTool: (calls) =>
    Promise.resolve(
      calls.map(({ id, name, args }): Part => ({
        functionResponse: {
          ...(id === undefined ? {} : { id }),
          name: String(name),
          // The declaration asks for such arguments.
          response: { output: report(args as { city: string }) },
        },
      })),
    ),
};

/** The words of a chunk that may hold other things, which `text` would complain of. */
const textOf = ({ candidates }: GenerateContentResponse): string =>
  (candidates?.[0]?.content?.parts ?? []).map((part) => part.text ?? "").join("");

describe.each(everyModel)("in front of %s", (_dialect, model) => {
  test("a whole answer", async () => {
    const answer = await client().models.generateContent({ model, contents: 'Say "alpha beta"' });
    expect(answer.text).toBe("alpha beta");
    expect(answer.candidates?.[0]?.finishReason).toBe("STOP");
    const { promptTokenCount = 0, candidatesTokenCount = 0, totalTokenCount } = answer.usageMetadata ?? {};
    expect(totalTokenCount).toBe(promptTokenCount + candidatesTokenCount);
    expect(answer.responseId).toEqual(expect.any(String));
  });

  test("a stream", async () => {
    const whole = await client().models.generateContent({ model, contents: "Explain rain" });
    const pieces: (string | undefined)[] = [];
    let last;
    for await (const chunk of await client().models.generateContentStream({ model, contents: "Explain rain" })) {
      pieces.push(chunk.text);
      last = chunk;
    }
    expect(pieces.length).toBeGreaterThan(5);
    expect(pieces.join("")).toBe(whole.text);
    expect(last?.candidates?.[0]?.finishReason).toBe("STOP");
    expect(last?.usageMetadata?.candidatesTokenCount).toBe(whole.usageMetadata?.candidatesTokenCount);
  });

  test("a chat in which a tool is called, whole and streamed", async () => {
    const tools = [{ functionDeclarations: [declaration] }];
    const chat = client().chats.create({ model, config: { tools } });
    const { functionCalls = [] } = await chat.sendMessage({ message: question });
    expect(functionCalls.map(({ args }) => args)).toEqual([{ city: "Paris" }, { city: "Rome" }]);
    let text = "";
    for await (const chunk of await chat.sendMessageStream({ message: await callable.callTool(functionCalls) })) {
      text += chunk.text ?? "";
    }
    expect(text).toMatch(conclusion);
    // The SDK keeps the pieces of a stream as they came.
    const roles = chat.getHistory().map(({ role }) => role);
    expect(roles.filter((role, index) => role !== roles[index - 1])).toEqual(["user", "model", "user", "model"]);
    expect((await chat.sendMessage({ message: 'Say "omega"' })).text).toBe("omega");
  });

  test("a tool that the SDK calls until the model concludes, whole and streamed", async () => {
    const asked = { model, contents: question, config: { tools: [callable] } };
    const answer = await client().models.generateContent(asked);
    expect(answer.text).toMatch(conclusion);
    let text = "";
    for await (const chunk of await client().models.generateContentStream(asked)) text += textOf(chunk);
    expect(text).toMatch(conclusion);
  });

  test("an answer that fits a schema", async () => {
    const answer = await client().models.generateContent({
      model,
      contents: "Where is Lisbon?",
      config: { responseMimeType: "application/json", responseJsonSchema: z.toJSONSchema(Place) },
    });
    expect(Place.parse(JSON.parse(answer.text ?? ""))).toMatchObject({ city: "Lisbon" });
  });
});

describe("a tool that has to be called", () => {
  const choose = (model: string) => {
    const functionCallingConfig = { mode: FunctionCallingConfigMode.ANY, allowedFunctionNames: [weather.name] };
    const config = { tools: [{ functionDeclarations: [declaration] }], toolConfig: { functionCallingConfig } };
    return client().models.generateContent({ model, contents: "Rome", config });
  };

  test.each(everyModel.filter(([, model]) => model !== models.ollama))("is called by %s", async (_dialect, model) => {
    expect((await choose(model)).functionCalls).toMatchObject([{ name: weather.name, args: { city: "Rome" } }]);
  });

  test("is refused for Ollama, which has no choice of tools", async () => {
    await expect(choose(models.ollama)).rejects.toHaveProperty("status", 400);
  });
});

test.each([models.gemini, models["anthropic-messages"]])("tokens are counted for %s", async (model) => {
  const contents = "How many tokens are these?";
  const { usageMetadata } = await client().models.generateContent({ model, contents });
  const { totalTokens } = await client().models.countTokens({ model, contents });
  expect(totalTokens).toBe(usageMetadata?.promptTokenCount);
});

test.each(["gemini/gemini-3-pro-preview", "anthropic/claude-haiku-4-5"])("thoughts of %s come back", async (model) => {
  const config = { tools: [callable], thinkingConfig: { includeThoughts: true, thinkingBudget: 1_024 } };
  const thinkingConfig = model.startsWith("gemini") ? { includeThoughts: true } : config.thinkingConfig;
  const answer = await client().models.generateContent({
    model,
    contents: question,
    config: { ...config, thinkingConfig },
  });
  expect(answer.text).toMatch(conclusion);
  const sent = JSON.stringify(host().simulator.requests.at(-1)?.body);
  expect(sent).toMatch(/"(?:signature|thoughtSignature)":"/u);
});

test("models are listed and looked up", async () => {
  const names: (string | undefined)[] = [];
  for await (const { name } of await client().models.list()) names.push(name);
  expect(names.length).toBeGreaterThan(5);
  expect(names).toContain("models/gemini/gemini-2.5-flash");
  const found = await client().models.get({ model: models.gemini });
  expect(found.name).toBe("models/gemini/gemini-2.5-flash");
});

describe("errors have the SDK's own class", () => {
  test.each([
    [400, "INVALID_ARGUMENT", "openai/fault:400"],
    [404, "NOT_FOUND", "nobody/knows-it"],
    [429, "RESOURCE_EXHAUSTED", "anthropic/fault:429"],
    [503, "UNAVAILABLE", "bedrock/fault:503"],
  ])("%i", async (status, word, model) => {
    const asked = { model, contents: "Hello" };
    for (const answer of [client().models.generateContent(asked), client().models.generateContentStream(asked)]) {
      const error = await failureOf(answer);
      expect(error).toBeInstanceOf(ApiError);
      expect(error).toHaveProperty("status", status);
      expect(error).toHaveProperty("message", expect.stringContaining(`"status":"${word}"`));
    }
  });

  test("401", async () => {
    const model = models["openai-chat"];
    const error = await failureOf(client("AI-of-somebody-else").models.generateContent({ model, contents: "x" }));
    expect(error).toBeInstanceOf(ApiError);
    expect(error).toHaveProperty("status", 401);
  });

  test("one inside a stream", async () => {
    const read = async (): Promise<void> => {
      const model = "openai/fault:error-mid-stream";
      for await (const chunk of await client().models.generateContentStream({ model, contents: "Explain rain" })) {
        expect(chunk.text).toEqual(expect.any(String));
      }
    };
    expect(await failureOf(read())).toBeInstanceOf(Error);
  });
});

// This SDK goes by the status alone.
test("who is told to come again does", async () => {
  host().simulator.script({ provider: "openai", fault: "503", times: 1 });
  const answer = await client(apiKey, 2).models.generateContent({ model: models["openai-chat"], contents: 'Say "a"' });
  expect(answer.text).toBe("a");
  expect(host().simulator.requests).toHaveLength(2);
});

describe("who leaves", () => {
  test("before the answer hangs up on the provider", async () => {
    const abort = new AbortController();
    const config = { abortSignal: abort.signal };
    const asked = failureOf(
      client().models.generateContent({ model: "openai/fault:stall", contents: "Hello", config }),
    );
    const request = await arrived(host());
    abort.abort();
    expect(await asked).toHaveProperty("name", expect.stringContaining("Abort"));
    await request.closed;
    expect(request.hungUp).toBe(true);
  });

  test("in the middle of a stream hangs up on the provider", async () => {
    const abort = new AbortController();
    const model = "openai/fault:stall-mid-stream";
    const config = { abortSignal: abort.signal };
    const read = async (): Promise<void> => {
      const asked = { model, contents: "Explain rain", config };
      for await (const chunk of await client().models.generateContentStream(asked)) if (chunk.text) abort.abort();
    };
    expect(await failureOf(read())).toHaveProperty("name", expect.stringContaining("Abort"));
    const request = await arrived(host());
    await request.closed;
    expect(request.hungUp).toBe(true);
  });
});

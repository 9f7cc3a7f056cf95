import { ChatAnthropic } from "@langchain/anthropic";
import type { BaseChatModel } from "@langchain/core/language_models/chat_models";
import {
  HumanMessage,
  type AIMessage,
  type AIMessageChunk,
  type BaseMessage,
  type ToolMessage,
} from "@langchain/core/messages";
import { tool } from "@langchain/core/tools";
import { ChatOpenAI } from "@langchain/openai";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { apiKey, arrived, everyModel, failureOf, hostOfFile, models } from "./host.ts";
import { conclusion, question, report, weather } from "./weather.ts";

const host = hostOfFile();

interface Setting {
  readonly key?: string;
  readonly maxRetries?: number;
}
type ModelOf = (model: string, setting?: Setting) => ChatOpenAI | ChatAnthropic;

const openaiOf =
  (useResponsesApi: boolean): ModelOf =>
  (model, { key = apiKey, maxRetries = 0 } = {}) =>
    new ChatOpenAI({
      apiKey: key,
      model,
      maxRetries,
      useResponsesApi,
      configuration: { baseURL: `${host().origin}/v1` },
    });

const clients: Readonly<Record<string, ModelOf>> = {
  "@langchain/openai, chat": openaiOf(false),
  "@langchain/openai, responses": openaiOf(true),
  "@langchain/anthropic": (model, { key = apiKey, maxRetries = 0 } = {}) =>
    new ChatAnthropic({ apiKey: key, model, maxRetries, maxTokens: 2_000, anthropicApiUrl: host().origin }),
};
const everyClient = Object.entries(clients);

const Place = z.object({ city: z.string(), people: z.number(), tags: z.array(z.string()) });

const weatherTool = tool(report, {
  name: weather.name,
  description: weather.description,
  schema: z.object({ city: z.string() }),
});

/** The pieces of a streamed answer as one. */
const addUp = async (model: Pick<BaseChatModel, "stream">, messages: BaseMessage[]): Promise<AIMessageChunk> => {
  let whole: AIMessageChunk | undefined;
  for await (const chunk of await model.stream(messages)) whole = whole === undefined ? chunk : whole.concat(chunk);
  if (whole === undefined) throw new Error("The stream was empty.");
  return whole;
};

/** One package has a model call a tool for structured output, which Ollama's can not be made to. */
const isMadeToCall = (client: string, name: string): boolean =>
  client === "@langchain/anthropic" && name === models.ollama;

const outputTokens = ({ usage_metadata: usage }: { usage_metadata?: { output_tokens: number } | undefined }): number =>
  usage?.output_tokens ?? 0;

describe.each(everyClient)("%s", (client, modelOf) => {
  describe.each(everyModel)("in front of %s", (_dialect, name) => {
    test("a whole answer and a stream", async () => {
      const whole = await modelOf(name).invoke("Explain rain");
      expect(outputTokens(whole)).toBeGreaterThan(0);
      const pieces: string[] = [];
      for await (const chunk of await modelOf(name).stream("Explain rain"))
        if (chunk.text !== "") pieces.push(chunk.text);
      expect(pieces.length).toBeGreaterThan(5);
      expect(pieces.join("")).toBe(whole.text);
      const sum = await addUp(modelOf(name), [new HumanMessage("Explain rain")]);
      // One package counts the token that Anthropic itself reports at the start once more.
      const more = client === "@langchain/anthropic" && name === models["anthropic-messages"] ? 1 : 0;
      expect(outputTokens(sum)).toBe(outputTokens(whole) + more);
    });

    test.each([false, true])("a tool whose results make the model conclude, streamed: %s", async (streamed) => {
      const model = modelOf(name).bindTools([weatherTool]);
      const answer = (messages: BaseMessage[]): Promise<AIMessage | AIMessageChunk> =>
        streamed ? addUp(model, messages) : model.invoke(messages);
      const asked = new HumanMessage(question);
      const called = await answer([asked]);
      expect(called.tool_calls?.map(({ args }) => args)).toEqual([{ city: "Paris" }, { city: "Rome" }]);
      const results = await Promise.all(
        (called.tool_calls ?? []).map((call): Promise<ToolMessage> => weatherTool.invoke(call)),
      );
      expect((await answer([asked, called, ...results])).text).toMatch(conclusion);
    });
  });

  test.each(everyModel.filter(([, name]) => !isMadeToCall(client, name)))(
    "structured output in front of %s",
    async (_dialect, name) => {
      const answer = await modelOf(name).withStructuredOutput(Place).invoke("Where is Lisbon?");
      expect(answer).toMatchObject({ city: "Lisbon" });
    },
  );

  test.each([
    [400, "gemini/fault:400"],
    [404, "nobody/knows-it"],
    [429, "bedrock/fault:429"],
    [503, "ollama/fault:503"],
  ])("an error with %i", async (status, name) => {
    expect(await failureOf(modelOf(name).invoke("Hello"))).toHaveProperty("status", status);
    expect(await failureOf(addUp(modelOf(name), [new HumanMessage("Hello")]))).toHaveProperty("status", status);
  });

  test("an error with 401", async () => {
    const model = modelOf(models["openai-chat"], { key: "sk-of-somebody-else" });
    expect(await failureOf(model.invoke("Hello"))).toHaveProperty("status", 401);
  });

  test("an error inside a stream", async () => {
    const model = modelOf("gemini/fault:error-mid-stream");
    expect(await failureOf(addUp(model, [new HumanMessage("Explain rain")]))).toBeInstanceOf(Error);
  });

  test("who leaves in the middle of a stream hangs up on the provider", async () => {
    const abort = new AbortController();
    const read = async (): Promise<void> => {
      const model = modelOf("cohere/fault:stall-mid-stream");
      for await (const chunk of await model.stream("Explain rain", { signal: abort.signal })) {
        if (chunk.text !== "") abort.abort();
      }
    };
    expect(await failureOf(read())).toBeInstanceOf(Error);
    const request = await arrived(host());
    await request.closed;
    expect(request.hungUp).toBe(true);
  });
});

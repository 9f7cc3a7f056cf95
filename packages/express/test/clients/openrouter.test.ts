import { OpenRouter } from "@openrouter/sdk";
import type { ChatMessages, ChatRequest, ChatResult, ChatStreamChunk, ChatToolCall } from "@openrouter/sdk/models";
import {
  BadRequestResponseError,
  NotFoundResponseError,
  ServiceUnavailableResponseError,
  TooManyRequestsResponseError,
  UnauthorizedResponseError,
} from "@openrouter/sdk/models/errors";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { apiKey, arrived, everyModel, failureOf, hostOfFile, models } from "./host.ts";
import { conclusion, question, report, weather } from "./weather.ts";

const host = hostOfFile();

const client = (key = apiKey, retries = false): OpenRouter =>
  new OpenRouter({
    apiKey: key,
    serverURL: `${host().origin}/v1`,
    retryConfig: retries
      ? { strategy: "backoff", backoff: { initialInterval: 1, maxInterval: 2, exponent: 1, maxElapsedTime: 5_000 } }
      : { strategy: "none" },
  });

// The SDK gives a stream for a request that asks for one, and else an answer; its types leave that open.
const send = async (chatRequest: ChatRequest, sdk = client()): Promise<ChatResult> =>
  (await sdk.chat.send({ chatRequest: { ...chatRequest, stream: false } })) as ChatResult;
const stream = async (chatRequest: ChatRequest, signal?: AbortSignal): Promise<AsyncIterable<ChatStreamChunk>> =>
  (await client().chat.send(
    { chatRequest: { ...chatRequest, stream: true } },
    signal === undefined ? {} : { fetchOptions: { signal } },
  )) as AsyncIterable<ChatStreamChunk>;

const ask = (content: string): ChatMessages[] => [{ role: "user", content }];

const Place = z.object({ city: z.string(), people: z.number(), tags: z.array(z.string()) });

const tools: NonNullable<ChatRequest["tools"]> = [
  {
    type: "function",
    function: { name: weather.name, description: weather.description, parameters: weather.schema },
  },
];

/** The call of a tool and what it answers, as they go back. */
const results = (calls: readonly ChatToolCall[]): ChatMessages[] =>
  calls.map(({ id, function: called }) => ({
    role: "tool",
    toolCallId: id,
    content: report(JSON.parse(called.arguments)),
  }));

describe.each(everyModel)("in front of %s", (_dialect, model) => {
  test("a whole answer", async () => {
    const answer = await send({ model, messages: ask('Say "alpha beta"') });
    expect(answer.choices).toMatchObject([{ finishReason: "stop", message: { content: "alpha beta" } }]);
    expect(answer.usage?.totalTokens).toBe((answer.usage?.promptTokens ?? 0) + (answer.usage?.completionTokens ?? 0));
  });

  test("a stream", async () => {
    const whole = await send({ model, messages: ask("Explain rain") });
    const chunks: ChatStreamChunk[] = [];
    for await (const chunk of await stream({ model, messages: ask("Explain rain") })) chunks.push(chunk);
    const pieces = chunks.flatMap(({ choices }) => choices[0]?.delta.content || []);
    expect(pieces.length).toBeGreaterThan(5);
    expect(pieces.join("")).toBe(whole.choices[0]?.message.content);
    expect(chunks.flatMap(({ choices }) => choices[0]?.finishReason ?? [])).toEqual(["stop"]);
    expect(chunks.at(-1)?.usage?.completionTokens).toBe(whole.usage?.completionTokens);
  });

  test("a tool whose results make the model conclude", async () => {
    const { choices } = await send({ model, messages: ask(question), tools });
    const message = choices[0]?.message;
    expect(choices[0]?.finishReason).toBe("tool_calls");
    const messages = [
      ...ask(question),
      { ...message, role: "assistant" as const },
      ...results(message?.toolCalls ?? []),
    ];
    const concluded = await send({ model, messages, tools });
    expect(concluded.choices[0]?.message.content).toMatch(conclusion);
  });

  test("the same, streamed", async () => {
    const calls: { id: string; name: string; arguments: string }[] = [];
    for await (const { choices } of await stream({ model, messages: ask(question), tools })) {
      for (const { index, id, function: called } of choices[0]?.delta.toolCalls ?? []) {
        const call = (calls[index] ??= { id: id ?? "", name: called?.name ?? "", arguments: "" });
        call.arguments += called?.arguments ?? "";
      }
    }
    const toolCalls = calls.map(({ id, ...called }): ChatToolCall => ({ id, type: "function", function: called }));
    const messages = [...ask(question), { role: "assistant" as const, toolCalls }, ...results(toolCalls)];
    let text = "";
    for await (const { choices } of await stream({ model, messages, tools })) text += choices[0]?.delta.content ?? "";
    expect(text).toMatch(conclusion);
  });

  test("an answer that fits a schema", async () => {
    const jsonSchema = { name: "place", strict: true, schema: z.toJSONSchema(Place) };
    const answer = await send({
      model,
      messages: ask("Where is Lisbon?"),
      responseFormat: { type: "json_schema", jsonSchema },
    });
    expect(Place.parse(JSON.parse(String(answer.choices[0]?.message.content)))).toMatchObject({ city: "Lisbon" });
  });
});

test("the first of several models is asked where no other is named before them", async () => {
  const answer = await send({ models: [models.gemini, models["openai-chat"]], messages: ask('Say "a"') });
  expect(answer.choices[0]?.message.content).toBe("a");
  expect(host().simulator.requests.map(({ provider }) => provider)).toEqual(["gemini"]);
});

describe("errors have the SDK's own classes", () => {
  test.each([
    [400, BadRequestResponseError, "anthropic/fault:400"],
    [404, NotFoundResponseError, "nobody/knows-it"],
    [429, TooManyRequestsResponseError, "gemini/fault:429"],
    [503, ServiceUnavailableResponseError, "bedrock/fault:503"],
  ])("%i", async (status, type, model) => {
    for (const answer of [send({ model, messages: ask("x") }), stream({ model, messages: ask("x") })]) {
      const error = await failureOf(answer);
      expect(error).toBeInstanceOf(type);
      expect(error).toMatchObject({
        statusCode: status,
        error: { code: status, metadata: { code: expect.any(String) } },
      });
    }
  });

  test("401", async () => {
    const error = await failureOf(send({ model: models["openai-chat"], messages: ask("x") }, client("sk-other")));
    expect(error).toBeInstanceOf(UnauthorizedResponseError);
  });

  test("one inside a stream stands in a chunk", async () => {
    const errors: unknown[] = [];
    const read = async (): Promise<void> => {
      const chunks = await stream({ model: "anthropic/fault:error-mid-stream", messages: ask("Explain rain") });
      for await (const chunk of chunks) if (chunk.error !== undefined) errors.push(chunk.error);
    };
    // After it the connection breaks.
    expect(await failureOf(read())).toBeInstanceOf(Error);
    expect(errors).toMatchObject([{ code: 503, metadata: { errorType: "provider_overloaded" } }]);
  });
});

// This SDK goes by the status alone.
test("who is told to come again does", async () => {
  host().simulator.script({ provider: "openai", fault: "503", times: 1 });
  const answer = await send({ model: models["openai-chat"], messages: ask('Say "a"') }, client(apiKey, true));
  expect(answer.choices[0]?.message.content).toBe("a");
  expect(host().simulator.requests).toHaveLength(2);
});

test("who leaves in the middle of a stream hangs up on the provider", async () => {
  const abort = new AbortController();
  const read = async (): Promise<void> => {
    const asked = { model: "anthropic/fault:stall-mid-stream", messages: ask("Explain rain") };
    for await (const { choices } of await stream(asked, abort.signal)) if (choices[0]?.delta.content) abort.abort();
  };
  expect(await failureOf(read())).toBeInstanceOf(Error);
  const request = await arrived(host());
  await request.closed;
  expect(request.hungUp).toBe(true);
});

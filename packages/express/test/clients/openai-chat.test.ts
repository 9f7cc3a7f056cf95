import OpenAI from "openai";
import { zodFunction, zodResponseFormat } from "openai/helpers/zod";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { apiKey, arrived, everyModel, failureOf, hostOfFile, models } from "./host.ts";
import { conclusion, question, report, weather } from "./weather.ts";

const host = hostOfFile();

const client = (options: { readonly apiKey?: string; readonly maxRetries?: number } = {}): OpenAI =>
  new OpenAI({ apiKey, baseURL: `${host().origin}/v1`, maxRetries: 0, ...options });

const ask = (content: string): OpenAI.ChatCompletionMessageParam[] => [{ role: "user", content }];

const Place = z.object({
  city: z.string(),
  people: z.number(),
  tags: z.array(z.string()),
  mayor: z.string().nullable(),
});

describe.each(everyModel)("in front of %s", (_dialect, model) => {
  test("a whole answer", async () => {
    const answer = await client().chat.completions.create({ model, messages: ask('Say "alpha beta"') });
    expect(answer.choices).toMatchObject([
      { index: 0, finish_reason: "stop", message: { role: "assistant", content: "alpha beta" } },
    ]);
    expect(answer.usage?.total_tokens).toBe(
      (answer.usage?.prompt_tokens ?? 0) + (answer.usage?.completion_tokens ?? 0),
    );
    expect(answer).toHaveProperty("_request_id", expect.any(String));
  });

  test("a stream, put together by its helper", async () => {
    const body = { model, messages: ask("Explain rain") };
    const whole = await client().chat.completions.create(body);
    const stream = client().chat.completions.stream({ ...body, stream_options: { include_usage: true } });
    const pieces: string[] = [];
    stream.on("content", (piece) => pieces.push(piece));
    const final = await stream.finalChatCompletion();
    expect(pieces.length).toBeGreaterThan(5);
    expect(pieces.join("")).toBe(whole.choices[0]?.message.content);
    expect(final.choices[0]).toMatchObject({
      finish_reason: "stop",
      message: { content: whole.choices[0]?.message.content },
    });
    expect(final.usage).toMatchObject({ completion_tokens: whole.usage?.completion_tokens });
  });

  test.each([false, true])("a tool that the helper runs until the model concludes, streamed: %s", async (stream) => {
    const { schema: parameters, ...named } = weather;
    const tool = { type: "function" as const, function: { ...named, parameters, parse: JSON.parse, function: report } };
    const body = { model, messages: ask(question), tools: [tool] };
    const { completions } = client().chat;
    const runner = stream
      ? completions.runTools({ ...body, stream, stream_options: { include_usage: true } })
      : completions.runTools({ ...body, stream });
    expect(await runner.finalContent()).toMatch(conclusion);
    expect(runner.messages.map(({ role }) => role)).toEqual(["user", "assistant", "tool", "tool", "assistant"]);
    expect((await runner.totalUsage()).completion_tokens).toBeGreaterThan(0);
  });

  test("an answer that is parsed with zod", async () => {
    const answer = await client().chat.completions.parse({
      model,
      messages: ask("Where is Lisbon?"),
      response_format: zodResponseFormat(Place, "place"),
    });
    expect(answer.choices[0]?.message.parsed).toMatchObject({ city: "Lisbon" });
  });

  test("arguments that are parsed with zod", async () => {
    const tool = zodFunction({ name: "get_weather", parameters: z.object({ city: z.string() }) });
    const answer = await client().chat.completions.parse({
      model,
      messages: ask("The weather in Paris?"),
      tools: [tool],
    });
    const [call] = answer.choices[0]?.message.tool_calls ?? [];
    expect(call?.type === "function" && call.function.parsed_arguments).toEqual({ city: "Paris" });
  });
});

describe("errors have the SDK's own classes", () => {
  const failure = async (
    model: string,
    options: { readonly apiKey?: string } = {},
    stream = false,
  ): Promise<unknown> => {
    const { completions } = client(options).chat;
    const asked = { model, messages: ask("Hello") };
    return failureOf(stream ? completions.stream(asked).finalChatCompletion() : completions.create(asked));
  };

  test.each([
    [400, OpenAI.BadRequestError, "openai/fault:400"],
    [404, OpenAI.NotFoundError, "nobody/knows-it"],
    [429, OpenAI.RateLimitError, "anthropic/fault:429"],
    [503, OpenAI.InternalServerError, "gemini/fault:503"],
  ])("%i", async (status, type, model) => {
    for (const stream of [false, true]) {
      const error = await failure(model, {}, stream);
      expect(error).toBeInstanceOf(type);
      expect(error).toMatchObject({
        status,
        code: expect.any(String),
        type: expect.any(String),
        requestID: expect.any(String),
      });
    }
  });

  test("401", async () => {
    const error = await failure(models["openai-chat"], { apiKey: "sk-of-somebody-else" });
    expect(error).toBeInstanceOf(OpenAI.AuthenticationError);
    expect(error).toMatchObject({ status: 401, code: "invalid_api_key" });
  });

  test("one inside a stream", async () => {
    const error = await failure("anthropic/fault:error-mid-stream", {}, true);
    expect(error).toBeInstanceOf(OpenAI.APIError);
    expect(error).toHaveProperty("code", "upstream_overloaded");
  });
});

describe("who asks again", () => {
  const create = (model: string) =>
    client({ maxRetries: 2 }).chat.completions.create({ model, messages: ask('Say "alpha"') });

  test("does so where the gateway says that it helps", async () => {
    const answer = await create("openai/fault:503?retry-after-ms=1*1");
    expect(answer.choices[0]?.message.content).toBe("alpha");
    expect(host().simulator.requests).toHaveLength(2);
  });

  test("does not where the gateway says that it does not", async () => {
    await expect(create("openai/fault:500")).rejects.toHaveProperty("status", 502);
    expect(host().simulator.requests).toHaveLength(1);
  });
});

describe("who leaves", () => {
  test("before the answer hangs up on the provider", async () => {
    const abort = new AbortController();
    const asked = client().chat.completions.create(
      { model: "anthropic/fault:stall", messages: ask("Hello") },
      { signal: abort.signal },
    );
    const request = await arrived(host());
    abort.abort();
    await expect(asked).rejects.toBeInstanceOf(OpenAI.APIUserAbortError);
    await request.closed;
    expect(request.hungUp).toBe(true);
  });

  test("in the middle of a stream hangs up on the provider", async () => {
    const stream = client().chat.completions.stream({
      model: "anthropic/fault:stall-mid-stream",
      messages: ask("Explain rain"),
    });
    stream.once("content", () => stream.abort());
    await expect(stream.done()).rejects.toBeInstanceOf(OpenAI.APIUserAbortError);
    const request = await arrived(host());
    await request.closed;
    expect(request.hungUp).toBe(true);
  });
});

test("models are listed and looked up", async () => {
  const ids: string[] = [];
  for await (const { id } of client().models.list()) ids.push(id);
  expect(ids).toContain("openai/gpt-4o");
  expect(await client().models.retrieve("openai/gpt-4o")).toMatchObject({ object: "model", owned_by: "openai" });
  await expect(client().models.retrieve("nobody/m")).rejects.toBeInstanceOf(OpenAI.NotFoundError);
});
